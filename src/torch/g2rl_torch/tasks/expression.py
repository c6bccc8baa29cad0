"""Arithmetic expressions: parsing, exact value, canonical form; the same as in the embedded engine.

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "/") factor }
    factor  = number | "(" sum ")"
    number  = "0" | nonzero-digit { digit }

No sign before a number, no leading zero, no implied multiplication; spaces may stand between the parts. What a model
writes is only ever parsed, never evaluated as code.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cmp_to_key

MAX_LENGTH = 200
MAX_DEPTH = 32
MAX_DIGITS = 15
_SAFE = 2**53 - 1
_DIGITS = "0123456789"

Rational = tuple[int, int]
"""Numerator and denominator in lowest terms, the denominator positive."""


@dataclass(frozen=True)
class Operation:
    operator: str
    left: Expression
    right: Expression


Expression = int | Operation


class SyntaxProblem(ValueError):
    """Why a text is not an expression."""


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._depth = 0

    def parse(self) -> Expression:
        expression = self._sum()
        if self._peek():
            raise self._unexpected()
        return expression

    def _peek(self) -> str:
        while self._text[self._position : self._position + 1] == " ":
            self._position += 1
        return self._text[self._position : self._position + 1]

    def _unexpected(self) -> SyntaxProblem:
        found = self._peek()
        if not found:
            return SyntaxProblem("ends too early")
        return SyntaxProblem(f"unexpected {json.dumps(found, ensure_ascii=False)} at character {self._position + 1}")

    def _sum(self) -> Expression:
        left = self._product()
        while (operator := self._peek()) and operator in "+-":
            self._position += 1
            left = Operation(operator, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._factor()
        while (operator := self._peek()) and operator in "*/":
            self._position += 1
            left = Operation(operator, left, self._factor())
        return left

    def _factor(self) -> Expression:
        following = self._peek()
        if following == "(":
            self._depth += 1
            if self._depth > MAX_DEPTH:
                raise SyntaxProblem(f"nested deeper than {MAX_DEPTH}")
            self._position += 1
            inner = self._sum()
            if self._peek() != ")":
                raise self._unexpected()
            self._position += 1
            self._depth -= 1
            return inner
        if not following or following not in _DIGITS:
            raise self._unexpected()
        start = self._position
        while (digit := self._text[self._position : self._position + 1]) and digit in _DIGITS:
            self._position += 1
        digits = self._text[start : self._position]
        if len(digits) > 1 and digits[0] == "0":
            raise SyntaxProblem(f"leading zero at character {start + 1}")
        if len(digits) > MAX_DIGITS:
            raise SyntaxProblem(f"number longer than {MAX_DIGITS} digits")
        return int(digits)


def parse_expression(text: str) -> Expression:
    """The expression a text holds. Raises SyntaxProblem. Takes time linear in the text."""
    if len(text) > MAX_LENGTH:
        raise SyntaxProblem(f"longer than {MAX_LENGTH} characters")
    if not text.strip():
        raise SyntaxProblem("empty")
    return _Parser(text).parse()


def leaves(expression: Expression) -> list[int]:
    """The numbers of an expression, from left to right."""
    if isinstance(expression, int):
        return [expression]
    return [*leaves(expression.left), *leaves(expression.right)]


def apply(operator: str, a: Rational, b: Rational) -> Rational | None:
    """a ∘ b, exactly; None for a division by zero, or where a part exceeds what the embedded engine computes with."""
    if operator == "+":
        numerator, denominator = a[0] * b[1] + b[0] * a[1], a[1] * b[1]
    elif operator == "-":
        numerator, denominator = a[0] * b[1] - b[0] * a[1], a[1] * b[1]
    elif operator == "*":
        numerator, denominator = a[0] * b[0], a[1] * b[1]
    elif b[0] == 0:
        return None
    else:
        numerator, denominator = a[0] * b[1], a[1] * b[0]
    if abs(numerator) > _SAFE or abs(denominator) > _SAFE:
        return None
    divisor = math.gcd(numerator, denominator) * (1 if denominator > 0 else -1)
    return numerator // divisor, denominator // divisor


def evaluate(expression: Expression) -> Rational | str:
    """The exact value, or "undefined" where it divides by zero, or "large" where doubles would round."""
    if isinstance(expression, int):
        return expression, 1
    left = evaluate(expression.left)
    if isinstance(left, str):
        return left
    right = evaluate(expression.right)
    if isinstance(right, str):
        return right
    if expression.operator == "/" and right[0] == 0:
        return "undefined"
    return apply(expression.operator, left, right) or "large"


def _flatten(expression: Expression, direct: str, inverted: bool = False) -> list[tuple[Expression, bool]]:
    """An expression as a sum or a product of as many parts as possible; inverted ones are subtracted or divided by."""
    inverse = "-" if direct == "+" else "/"
    if isinstance(expression, int) or expression.operator not in (direct, inverse):
        return [(expression, inverted)]
    turned = inverted != (expression.operator == inverse)
    return [*_flatten(expression.left, direct, inverted), *_flatten(expression.right, direct, turned)]


def _compare(a: tuple[str, bool], b: tuple[str, bool]) -> int:
    """Direct parts first, numbers in numeric order, then compound parts in the order of their characters."""
    if a[1] != b[1]:
        return int(a[1]) - int(b[1])
    if a[0].isdigit() and b[0].isdigit():
        return int(a[0]) - int(b[0])
    if a[0].isdigit() != b[0].isdigit():
        return -1 if a[0].isdigit() else 1
    return (a[0] > b[0]) - (a[0] < b[0])


def canonical_form(expression: Expression) -> str:
    """One text for all ways to write a computation that the commutative and associative laws turn into each other."""
    if isinstance(expression, int):
        return str(expression)
    is_sum = expression.operator in "+-"
    parts = []
    for part, inverted in _flatten(expression, "+" if is_sum else "*"):
        text = canonical_form(part)
        parts.append((f"({text})" if not is_sum and isinstance(part, Operation) else text, inverted))
    parts.sort(key=cmp_to_key(_compare))
    direct, inverse = ("+", "-") if is_sum else ("*", "/")
    joined = [
        text if i == 0 else f"{inverse if inverted else direct}{text}" for i, (text, inverted) in enumerate(parts)
    ]
    return "".join(joined)

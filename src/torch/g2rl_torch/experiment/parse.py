"""JSON into frozen dataclasses, field by field: a missing field or one of the wrong type is an error that names it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class FieldError(ValueError):
    """What is wrong with a field, the field named first."""


@dataclass(frozen=True)
class Field:
    """A field of a dataclass, and the name it has in JSON."""

    name: str
    key: str
    type: Any
    required: bool


def fields_of(kind: Any) -> Iterator[Field]:
    """The fields of a dataclass; `group_size` is `groupSize` in JSON, and `lambda_` is `lambda`."""
    hints = get_type_hints(kind)
    for one in fields(kind):
        first, *rest = one.name.rstrip("_").split("_")
        key = first + "".join(word.capitalize() for word in rest)
        required = one.default is MISSING and one.default_factory is MISSING
        yield Field(one.name, key, hints[one.name], required)


def parse(kind: type[T], content: object, place: str = "") -> T:
    """A dataclass from a JSON object. Fields it does not have are ignored.

    place: what error messages call the object, such as `experiment`; without it fields stand alone. Raises FieldError.
    """
    if not isinstance(content, dict):
        raise FieldError(f"{place}: must be an object, not {_shown(content)}.")
    values: dict[str, Any] = {}
    for field in fields_of(kind):
        where = f"{place}.{field.key}" if place else field.key
        if field.key in content:
            values[field.name] = _value(field.type, content[field.key], where)
        elif field.required:
            raise FieldError(f"{where}: is missing.")
    return kind(**values)


def _value(kind: Any, content: object, where: str) -> Any:
    """A value of one of the types that fields have. A whole number is a number, whichever way it is written."""
    if is_dataclass(kind):
        return parse(kind, content, where)  # type: ignore[arg-type]
    if get_origin(kind) in (Union, types.UnionType):
        return _value_of_any(get_args(kind), content, where)
    if get_origin(kind) is tuple and isinstance(content, list):
        item, *_ = get_args(kind)
        return tuple(_value(item, one, f"{where}[{index}]") for index, one in enumerate(content))
    if get_origin(kind) is Literal and isinstance(content, str) and content in get_args(kind):
        return content
    if kind is int and isinstance(content, float) and content.is_integer():
        return int(content)
    number = isinstance(content, (int, float)) and not isinstance(content, bool)
    if (kind is float and number) or (kind in (bool, str, int) and type(content) is kind):
        return content
    raise FieldError(f"{where}: must be {_expected(kind)}, not {_shown(content)}.")


def _value_of_any(kinds: tuple[Any, ...], content: object, where: str) -> Any:
    if content is None and type(None) in kinds:
        return None
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1:
        return _value(others[0], content, where)
    for kind in others:
        with suppress(FieldError):
            return _value(kind, content, where)
    expected = " or ".join(_expected(kind) for kind in others)
    raise FieldError(f"{where}: must be {expected}, not {_shown(content)}.")


def _expected(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) is tuple:
        return "a list"
    return {int: "an integer", float: "a number", bool: "true or false", str: "text"}[kind]


def _shown(content: object) -> str:
    return {dict: "an object", list: "a list", type(None): "null"}.get(type(content), repr(content)[:60])

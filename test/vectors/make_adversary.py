"""Writes adversary.json: pairs that a judge of answers is easily wrong about, by SymPy and by small changes.

    pip install sympy==1.14.0 && python3 make_adversary.py [--all FILE]

Two sources. SymPy makes expressions, other forms of the same value, and neighbours whose value differs: it shares
nothing with the judge, and decides each pair by its value to a hundred digits, or at random places. And the accepted pairs of
answers.json are made wrong by changing a digit, a sign, a bracket, a unit, an exponent or a name of the prediction, or
made up differently in ways that mean nothing. `--all FILE` writes many more pairs as lines of JSON, to be judged once.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import sympy
from sympy import Abs, Integer, Rational, cos, exp, latex, log, pi, sin, sqrt, symbols, tan

FOLDER = Path(__file__).parent
x, y, z, a, b, n = symbols('x y z a b n')
places = {
    name: Rational(p, q)
    for name, (p, q) in {x: (137, 100), y: (211, 300), z: (73, 29), a: (31, 17), b: (59, 37)}.items()
}
further = {
    name: Rational(p, q) for name, (p, q) in {x: (-13, 7), y: (17, 3), z: (-5, 11), a: (41, 10), b: (-7, 3)}.items()
}


class Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def whole(self, low: int = 1, high: int = 12) -> Integer:
        return Integer(self.random.randint(low, high))

    def fraction(self) -> Rational:
        return Rational(self.random.randint(-30, 30) or 1, self.random.randint(2, 15))

    def constant(self) -> sympy.Expr:
        r = self.random
        kinds: list[Callable[[], sympy.Expr]] = [
            self.fraction,
            lambda: self.fraction() + sqrt(self.whole(2, 20)),
            lambda: self.fraction() * sqrt(self.whole(2, 50)) + self.fraction(),
            lambda: self.whole() * pi / self.whole(2, 9),
            lambda: sqrt(self.whole(2, 9)) / (sqrt(self.whole(2, 9)) + self.whole(2, 5)),
            lambda: log(self.whole(2, 40)) / log(self.whole(2, 5)),
            lambda: exp(self.fraction()) + self.whole(),
            lambda: sympy.root(self.whole(2, 60), self.whole(3, 5)),
            lambda: self.whole(2, 9) ** self.whole(20, 60),
            lambda: sin(pi * self.fraction()) + self.whole(),
            lambda: sympy.factorial(self.whole(3, 30)),
            lambda: sympy.binomial(self.whole(5, 40), self.whole(2, 5)),
            lambda: self.fraction() + self.fraction() * sympy.I,
            lambda: Rational(self.random.randint(1, 999), 10 ** self.random.randint(10, 30)),
        ]
        return r.choice(kinds)()

    def formula(self) -> sympy.Expr:
        r = self.random
        u, v = r.choice([(x, y), (a, b), (x, z)])
        kinds: list[Callable[[], sympy.Expr]] = [
            lambda: (u + self.whole()) * (u - self.whole()) * self.whole(),
            lambda: (u + self.whole() * v) ** r.randint(2, 4),
            lambda: (u + self.whole()) / (u**2 + self.whole()),
            lambda: self.whole() / (u + v) + self.whole() / (u - v),
            lambda: sin(u) * cos(u) * self.whole() + self.fraction(),
            lambda: sin(u + v) - self.whole() * cos(u),
            lambda: exp(self.whole() * u) * (exp(u) + self.whole()),
            lambda: log(u**2 + self.whole()) * self.whole() + u,
            lambda: sqrt(u**2 + self.whole()) / (v + self.whole(20, 30)),
            lambda: tan(u) ** 2 * self.whole() + self.fraction(),
            lambda: Abs(u - self.whole()) + u,
            lambda: self.fraction() * u + self.fraction() * v - self.fraction(),
        ]
        return r.choice(kinds)()

    def otherwise(self, expression: sympy.Expr) -> sympy.Expr:
        """The same value in another form, where SymPy finds one."""
        forms = [
            sympy.expand,
            sympy.factor,
            sympy.together,
            sympy.simplify,
            sympy.radsimp,
            sympy.expand_trig,
            sympy.cancel,
            sympy.nsimplify,
        ]
        self.random.shuffle(forms)
        for form in forms:
            try:
                other = form(expression)
            except Exception:  # noqa: BLE001  some forms do not apply
                continue
            if other != expression and latex(other) != latex(expression):
                return other
        return expression

    def neighbour(self, expression: sympy.Expr) -> sympy.Expr:
        """Another value close by."""
        numbers = [atom for atom in sympy.preorder_traversal(expression) if atom.is_Integer and atom not in (0,)]
        changes: list[Callable[[], sympy.Expr]] = [
            lambda: expression + self.random.choice([1, -1]),
            lambda: -expression,
            lambda: expression * 2,
            lambda: expression + Rational(1, 10**20),
            lambda: expression * (1 + Rational(1, 10**12)),
        ]
        if numbers:
            one = self.random.choice(numbers)
            changes += [lambda: expression.xreplace({one: one + 1})] * 6
        names = sorted(expression.free_symbols, key=str)
        if len(names) > 1:
            changes += [lambda: expression.subs({names[0]: names[1], names[1]: names[0]}, simultaneous=True)] * 2
        return self.random.choice(changes)()


def value(expression: sympy.Expr, at: dict) -> sympy.Expr:
    return sympy.N(expression.subs(at), 120, maxn=600)


def same(one: sympy.Expr, other: sympy.Expr) -> bool | None:
    """Whether they have one value; None where SymPy cannot say."""
    if one.is_Rational and other.is_Rational:
        return one == other
    for at in (places, further):
        try:
            p, q = value(one, at), value(other, at)
        except Exception:  # noqa: BLE001  no value there
            return None
        if not (p.is_number and q.is_number and p.is_finite and q.is_finite):
            return None
        size = max(abs(p), abs(q))
        if abs(p - q) > size * Rational(1, 10**100):
            return False
    return True


def by_sympy(maker: Maker) -> Iterator[dict]:
    """Pairs of all shapes, without end."""
    r = maker.random
    while True:
        make = r.choice([maker.constant, maker.formula])
        try:
            gold = make()
            other = maker.otherwise(gold) if r.random() < 0.5 else maker.neighbour(gold)
        except Exception:  # noqa: BLE001  0 in a denominator
            continue
        verdict = same(gold, other)
        if verdict is None or gold.has(sympy.zoo, sympy.nan) or other.has(sympy.zoo, sympy.nan):
            continue
        texts = latex(gold, ln_notation=True), latex(other, ln_notation=True)
        if texts[0] == texts[1] or max(map(len, texts)) > 160:
            continue
        shape = r.choice(
            ['value', 'value', 'value', 'equation', 'list', 'point', 'set', 'interval', 'matrix', 'inequality']
        )
        yield {
            'kind': shape,
            'change': 'form' if verdict else 'value',
            **shaped(shape, *texts, maker),
            'equivalent': verdict,
        }


def shaped(shape: str, gold: str, other: str, maker: Maker) -> dict:
    side = latex(maker.fraction())
    forms = {
        'value': lambda t: t,
        'equation': lambda t: f'w = {t}',
        'list': lambda t: f'{t}, 10000',
        'point': lambda t: f'\\left({side}, {t}\\right)',
        'set': lambda t: f'\\left\\{{{t}, 10000\\right\\}}',
        'interval': lambda t: f'\\left({t}, \\infty\\right)',
        'matrix': lambda t: f'\\begin{{pmatrix}}{side} & {t}\\\\0 & 1\\end{{pmatrix}}',
        'inequality': lambda t: f'w \\le {t}',
    }
    return {'gold': forms[shape](gold), 'prediction': forms[shape](other)}


UNITS = [
    ('cm', 'mm'),
    ('m', 'km'),
    ('kg', 'g'),
    ('seconds', 'minutes'),
    ('N', 'kN'),
    ('J', 'eV'),
    ('m^2', 'm^3'),
    ('m/s', 'km/h'),
    ('^\\circ', '\\text{ radians}'),
    ('dollars', 'cents'),
]


def digit(text: str, r: random.Random) -> str | None:
    found = [match for match in re.finditer(r'\d', text)]
    if not found:
        return None
    one = r.choice(found)
    return text[: one.start()] + str((int(one.group()) + r.randint(1, 9)) % 10) + text[one.end() :]


def sign(text: str, r: random.Random) -> str | None:
    found = [m for m in re.finditer(r'(?<=[\w)}])\s*[-+]\s*(?=[\w(\\])', text)]
    if found:
        one = r.choice(found)
        turned = '-' if '+' in one.group() else '+'
        return text[: one.start()] + turned + text[one.end() :]
    return f'-{text}' if re.fullmatch(r'[\d.\\{}a-z]*[1-9][\d.\\{}a-z]*', text) else None


def bracket(text: str, r: random.Random) -> str | None:
    match = re.fullmatch(r'(\\left)?([\[(])(.*,.*?)(\\right)?([\])])', text)
    if not match:
        return None
    ends = [match[2], match[5]]
    sides = [side for side in (0, 1) if not re.search(r'infty', match[3].split(',')[-side])]
    if not sides:
        return None  # the bracket beside ∞ means nothing
    which = r.choice(sides)
    ends[which] = {'(': '[', '[': '(', ')': ']', ']': ')'}[ends[which]]
    return f'{match[1] or ""}{ends[0]}{match[3]}{match[4] or ""}{ends[1]}'


def exponent(text: str, r: random.Random) -> str | None:
    found = list(re.finditer(r'(?<=\^)\{?(\d)\}?', text))
    if not found:
        return None
    one = r.choice(found)
    return text[: one.start()] + f'{{{int(one[1]) + 1}}}' + text[one.end() :]


def name(text: str, r: random.Random) -> str | None:
    found = list(re.finditer(r'(?<![A-Za-z\\{])[xyzabn](?![A-Za-z}])', text))
    if not found or len(set(m.group() for m in found)) > 1:
        return None
    return re.sub(r'(?<![A-Za-z\\{])[xyzabn](?![A-Za-z}])', 'q', text)


WRONG = {'digit': digit, 'sign': sign, 'bracket': bracket, 'exponent': exponent, 'name': name}


def blanks(text: str) -> str:
    return re.sub(r'(?<=[+=<>,])', ' ', text)


RIGHT: dict[str, Callable[[str], str]] = {
    'blanks': blanks,
    'times one': lambda t: f'1 \\cdot \\left({t}\\right)',
    'plus nothing': lambda t: f'{t} + 0',
    'twice negative': lambda t: f'-\\left(-\\left({t}\\right)\\right)',
}
VALUES = {'number', 'fraction', 'radical', 'constant', 'algebra'}


def is_bare(text: str) -> bool:
    return len(text) < 80 and not re.search(r'\\boxed|\$|[.!?:] |answer|text', text)


def by_changes(maker: Maker) -> Iterator[dict]:
    """Changed predictions of accepted pairs, without end; what a change does to a text is known from its kind."""
    r = maker.random
    cases = json.loads((FOLDER / 'answers.json').read_text())['cases']
    kinds = VALUES | {'interval', 'tuple', 'equation', 'inequality', 'set', 'matrix'}
    accepted = [
        c for c in cases if c['equivalent'] and c['kind'] in kinds and is_bare(c['prediction']) and is_bare(c['gold'])
    ]
    while True:
        case = r.choice(accepted)
        gold, text = case['gold'], case['prediction']
        if r.random() < 0.25 and case['kind'] in VALUES:
            change = r.choice(list(RIGHT))
            if not re.search(r'[=<>,±]|\\pm|\\text', text):
                yield {
                    'kind': case['kind'],
                    'change': change,
                    'gold': gold,
                    'prediction': RIGHT[change](text),
                    'equivalent': True,
                }
            continue
        change = r.choice(list(WRONG))
        changed = WRONG[change](text, r)
        if change == 'name' and not re.search(r'(?<![A-Za-z\\{])[xyzabn](?![A-Za-z}])', gold):
            continue  # a name that the gold answer does not have is dropped
        if changed is not None and changed != text:
            yield {'kind': case['kind'], 'change': change, 'gold': gold, 'prediction': changed, 'equivalent': False}


def by_units(maker: Maker) -> Iterator[dict]:
    r = maker.random
    while True:
        number = r.choice([str(maker.whole(2, 900)), latex(maker.fraction()), f'{r.randint(1, 99)}.{r.randint(1, 99)}'])
        one, other = r.choice(UNITS)
        if r.random() < 0.5:
            one, other = other, one

        def quantity(unit: str) -> str:
            power = re.fullmatch(r'(\w+)(\^\d)', unit)
            return (
                f'{number}{unit}'
                if unit.startswith(('^', '\\'))
                else f'{number}\\text{{ {power[1]}}}{power[2]}'
                if power
                else f'{number}\\text{{ {unit}}}'
            )

        wrong = r.random() < 0.7
        prediction = quantity(other) if wrong else r.choice([number, quantity(one).replace('\\text{ ', '\\,\\mathrm{')])
        yield {
            'kind': 'unit',
            'change': 'unit' if wrong else 'spelling',
            'gold': quantity(one),
            'prediction': prediction,
            'equivalent': not wrong,
        }


def distinct(source: Iterator[dict], count: int) -> list[dict]:
    found: dict[tuple[str, str], dict] = {}
    for _ in range(60 * count):
        case = next(source)
        found.setdefault((case['gold'], case['prediction']), case)
        if len(found) == count:
            break
    return list(found.values())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', help='file for many more pairs, as lines of JSON')
    parser.add_argument('--count', type=int, default=10_000, help='how many of them SymPy makes')
    options = parser.parse_args()
    if options.all:
        maker = Maker(7)
        cases = (
            distinct(by_sympy(maker), options.count)
            + distinct(by_changes(maker), options.count // 4)
            + distinct(by_units(maker), options.count // 20)
        )
        lines = (
            json.dumps({**case, 'pred': '\\boxed{' + case['prediction'] + '}', 'expected': case['equivalent']})
            for case in cases
        )
        Path(options.all).write_text('\n'.join(lines) + '\n')
        return
    maker = Maker(20251126)
    cases = distinct(by_sympy(maker), 520) + distinct(by_changes(maker), 400) + distinct(by_units(maker), 80)
    document = {'source': f'make_adversary.py, SymPy {sympy.__version__}', 'cases': cases}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (FOLDER / 'adversary.json').write_text(
        re.sub(r'\{\n\s+("kind".*?)\n\s+\}', lambda m: '{ ' + re.sub(r'\n\s+', ' ', m[1]) + ' }', text, flags=re.S)
        + '\n'
    )


if __name__ == '__main__':
    main()

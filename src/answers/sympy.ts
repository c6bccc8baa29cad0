/** Answers as SymPy prints them, `Interval(1, 2)` or `Rational(1, 2)`, in the notation that is read. */
import { spend } from './budget.js';

type Rewrite = (items: readonly string[]) => string | null;

const infix =
  (sign: string): Rewrite =>
  ([left, right]) =>
    left === undefined || right === undefined ? null : `${left} ${sign} ${right}`;
const around =
  (before: string, after: string): Rewrite =>
  ([item]) =>
    item === undefined ? null : `${before}${item}${after}`;
const interval =
  (left: string, right: string): Rewrite =>
  ([low, high]) =>
    low === undefined || high === undefined ? null : `${left}${low}, ${high}${right}`;

const rewrites: Readonly<Record<string, Rewrite>> = {
  Rational: ([top, bottom]) =>
    top === undefined || bottom === undefined ? null : `\\frac{${top}}{${bottom}}`,
  Integer: around('', ''),
  Float: around('', ''),
  Interval: ([low, high, left = 'False', right = 'False']) =>
    low === undefined || high === undefined
      ? null
      : `${/true/i.test(left) ? '(' : '['}${low}, ${high}${/true/i.test(right) ? ')' : ']'}`,
  'Interval.open': interval('(', ')'),
  'Interval.Lopen': interval('(', ']'),
  'Interval.Ropen': interval('[', ')'),
  FiniteSet: (items) => `\\{${items.join(', ')}\\}`,
  Union: (items) => items.join(' \\cup '),
  Intersection: (items) => items.join(' \\cap '),
  Tuple: (items) => `(${items.join(', ')})`,
  Matrix: around('', ''),
  Eq: infix('='),
  Ne: infix('\\ne'),
  Lt: infix('<'),
  Le: infix('\\le'),
  Gt: infix('>'),
  Ge: infix('\\ge'),
  Abs: around('|', '|'),
  cbrt: around('\\sqrt[3]{', '}'),
  root: ([item, degree]) =>
    item === undefined || degree === undefined ? null : `\\sqrt[${degree}]{${item}}`,
  binomial: ([n, k]) => (n === undefined || k === undefined ? null : `\\binom{${n}}{${k}}`),
  factorial: around('(', ')!'),
  ceiling: around('\\lceil ', ' \\rceil'),
  floor: around('\\lfloor ', ' \\rfloor'),
};

/** From the inside: the arguments have no such call in them. */
const calls = new RegExp(
  `(?<![\\\\A-Za-z.])(${Object.keys(rewrites)
    .toSorted((a, b) => b.length - a.length)
    .map((name) => name.replace('.', '\\.'))
    .join('|')})\\(`,
  'g',
);

/** The text, with its calls rewritten; one that cannot be is left as it is. */
export function withoutSympy(text: string): string {
  if (text.search(calls) === -1) return text.replace(/^(?:EmptySet|S\.EmptySet)$/, '\\emptyset');
  let result = text;
  const starts = [...text.matchAll(calls)].reverse();
  for (const { index, 0: head, 1: name = '' } of starts) {
    const items = argumentsFrom(result, index + head.length);
    const rewritten = items && rewrites[name]?.(items.list);
    if (items && typeof rewritten === 'string') {
      result = result.slice(0, index) + rewritten + result.slice(items.end);
    }
  }
  return result;
}

/** What stands between the brackets, parted by its outer commas; null where they do not end. */
function argumentsFrom(text: string, start: number): { list: string[]; end: number } | null {
  const list: string[] = [];
  let depth = 0;
  let from = start;
  for (let index = start; index < text.length; index++) {
    spend(1);
    const character = text[index] ?? '';
    if (depth === 0 && (character === ',' || character === ')')) {
      list.push(text.slice(from, index).trim());
      if (character === ')') return { list: list.filter((item) => item !== ''), end: index + 1 };
      from = index + 1;
    } else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
  }
  return null;
}

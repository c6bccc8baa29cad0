/** Kinds of answers that are easily compared wrongly. */
import { describe, expect, test } from 'vitest';
import { equivalence } from '../../../src/answers/equivalence.js';
import { groupEquivalent, verifyAnswer } from '../../../src/answers/verify.js';

const accepted = (gold: string, prediction: string): boolean =>
  verifyAnswer(gold, `\\boxed{${prediction}}`).equivalent;

type Pair = readonly [gold: string, prediction: string];

const wrong: Readonly<Record<string, readonly Pair[]>> = {
  'answers that there is none': [
    ['does not exist', 'undefined'],
    ['no solution', '0'],
    ['cannot be determined', 'it does not exist'],
  ],
  'what SymPy prints': [
    ['Interval(1, 2)', '(1,2)'],
    ['Rational(1, 2)', '2'],
    ['FiniteSet(1, 2)', '(2,1)'],
  ],
  'blanks part numbers': [
    ['5 1/3', '51/3'],
    ['9 1/4', '91/4'],
    ['27', '2 7'],
  ],
  'exact numbers of any size': [
    ['7^{800}', '7^{801}'],
    ['3^{400}', '3^{400}+1'],
    ['2^{2^{20}}', '\\infty'],
    ['e^{90}+2', 'e^{90}+3'],
    ['e^{400}', 'e^{400}+1'],
    ['\\sqrt{10^{80}+1}', '10^{40}'],
    ['8^{8^{8^8}}', '8^{8^{8^7}}'],
    ['8^{8^{8}}', '8^{8^8}+1'],
    ['1', '1-10^{-40}'],
  ],
  'numbers close to zero': [
    ['e^{-40}', 'e^{-41}'],
    ['\\frac{1}{70!}', '\\frac{1}{71!}'],
    ['0', 'e^{-35}'],
    ['\\frac{1.38\\times10^{-23}}{2}', '\\frac{1.38\\times10^{-23}}{3}'],
  ],
  'functions far out and beside their corners': [
    ['|x-7|', '7-x'],
    ['|x-7|', 'x-7'],
    ['\\max(x,30)', '30'],
    ['|n|', 'n'],
    ['x^2+x+10^{-15}', 'x^2+x'],
    ['\\lfloor x \\rfloor', 'x'],
    ['\\sqrt{x^2}', 'x'],
    ['(-1)^k', '1'],
    ['n!', 'n'],
    ['\\binom{n}{3}', '\\frac{n(n-1)(n-2)}{3}'],
    ['\\sum_{k=1}^{n} k^2', '\\frac{n(n+1)}{2}'],
    ['\\ln x', '\\log_{3} x'],
  ],
  'inequalities beside their borders': [
    ['x^2<3', '-1.733<x<1.733'],
    ['x^2\\le 3', 'x^2<3'],
    ['x^3<20', 'x<2.715'],
    ['x^2<7', '(-2.65,2.65)'],
    ['w\\le 10^{40}', 'w\\le 10^{40}+1'],
    ['\\ln x<0', '(0,2)'],
    ['[0,6]', '[0,6)'],
    ['x\\ge 3', 'x>3'],
    ['y < 2x+1', 'y > 2x+1'],
  ],
  'sets, points and matrices': [
    ['\\varnothing', '{}'],
    ['\\text{no solution}', '{}'],
    ['\\{\\{2\\},\\{7\\}\\}', '\\{2,7\\}'],
    ['\\{(2,7)\\}', '\\{2,7\\}'],
    ['(2,7)', '(7,2)'],
    ['\\begin{pmatrix}2\\\\7\\end{pmatrix}', '(2,7]'],
    ['\\begin{vmatrix}3&1\\\\2&5\\end{vmatrix}', '17'],
    ['a_3=1, a_8=6', 'a_2=1, a_9=6'],
    ['b_1=3, b_2=9', 'b_1=9, b_2=3'],
    ['\\{3k: k\\in\\mathbb{Z}\\}', '\\{3k+1: k\\in\\mathbb{Z}\\}'],
  ],
  'units, their prefixes and powers': [
    ['3\\text{ eV}', '3\\text{ keV}'],
    ['9\\text{ m}^2', '9\\text{ m}^3'],
    ['7\\text{ kN}', '7\\text{ N}'],
    ['6\\text{ nm}', '6\\text{ m}'],
    ['30\\text{ km/h}', '30\\text{ m/s}'],
    ['3\\text{ pears}', '3\\text{ plums}'],
    ['45^\\circ', '45\\text{ radians}'],
    ['6\\text{ cm}', '6\\%'],
    ['5 \\pmod{9}', '5\\pmod{7}'],
    ['2\\text{ m}, 9\\text{ s}', '2\\text{ s}, 9\\text{ m}'],
    ['\\$7', '7\\text{ cents}'],
    ['20^\\circ\\text{C}', '20^\\circ\\text{F}'],
  ],
  'times of day': [
    ['10:50', '2:10'],
    ['7:20 PM', '7:20 AM'],
    ['7:20 PM', '7:20:30 PM'],
  ],
  'equations are no values': [
    ['x+y=9', '9'],
    ['9=2a+b', '2a+b'],
    ['x^2=9', '9'],
    ['x-3=0', '(x-3)(x-5)=0'],
    ['xy=6', 'y=\\frac{5}{x}'],
    ['x=6', 'y=6'],
    ['9', 'x=y+9'],
  ],
  'names and words that say something else': [
    ['x=\\pm 6', 'y=\\pm 6'],
    ['x=2, x=7', '-x=2, x=7'],
    ['x=2, x=7', 'y=2, x=7'],
    ['x\\text{ for }x>0, -x\\text{ for }x<0', 'x'],
    ['x<1, x>5', 'x<2, x>7'],
    ['\\text{It is the plane }2x+y-z=0', '\\text{It is the plane }2x+yz=0'],
    ['I(0)e^{-t}', '2I(0)e^{-t}'],
    ['25,25,300', '25,25300'],
    ['0,7', 'x0,7'],
    ['y=1 \\quad z=2', 'y=3 \\quad z=2'],
    ['\\log(0.01)=-2', '\\log(0.02)=-2'],
    ['\\sin(0)=0, \\cos(0)=1', '\\sin(2)=0, \\cos(0)=1'],
    ['G\\text{ is not invertible}', 'G\\text{ is invertible}'],
    ['G\\text{ is not invertible}', 'G'],
    ['P(X=2)=\\frac13, P(X=5)=\\frac23', 'P(X=5)=\\frac13, P(X=2)=\\frac23'],
  ],
  'decimals that are not rounded': [
    ['x', '0.999999x'],
    ['\\frac13', '0.333'],
    ['\\frac{x}{3}', '0.333x'],
    ['\\frac{1}{7}', '1.428572\\times10^{-1}'],
  ],
  'brackets of two kinds around one value': [['5', '[4+1)']],
};

const right: Readonly<Record<string, readonly Pair[]>> = {
  'what SymPy prints': [
    ['Rational(1, 2)', '\\frac12'],
    ['Interval(1, 2)', '[1,2]'],
    ['Interval.open(1, oo)', '(1,\\infty)'],
    ['Interval(0, 1, True, False)', '(0,1]'],
    ['Union(Interval(0, 1), Interval.Lopen(2, Rational(5, 2)))', '[0,1]\\cup(2,2.5]'],
    ['FiniteSet(3, 1)', '\\{1,3\\}'],
    ['Matrix([[1, 2], [3, 4]])', '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}'],
    ['Eq(x, cbrt(8))', 'x=2'],
    ['Abs(-5)', '5'],
    ['binomial(5, 2)', '10'],
  ],
  'codes of currencies': [
    ['5 USD', '\\$5'],
    ['5', '5 EUR'],
    ['3.50 USD', '350 cents'],
  ],
  'answers that there is none': [
    ['DNE', '\\text{does not exist}'],
    ['\\text{no solution}', "a solution doesn't exist"],
    ['cannot be determined', 'not enough information'],
    ['undefined', '\\text{not defined}'],
  ],
  'a left side that is no plain name': [
    ['|EF|=9', '9'],
    ['V_1:V_2=2:7', '2:7'],
    ['\\frac{BC}{DE}=\\frac58', '\\frac58'],
    ['8=x', '8'],
    ['35', '\\angle BCD = 35^\\circ'],
    ['P(Y\\le 3)=\\frac29', '\\frac29'],
    ['6', '\\operatorname{tr}(B) = 6'],
    ['g(x)=5x-2', 'y=5x-2'],
    ['12', 'a+b=12'],
    ['\\sin A=\\frac35', '\\frac35'],
  ],
  'chains and what is nearly': [
    ['\\frac37', '\\frac37 \\approx 0.4286'],
    ['\\sqrt{13}', 'x = \\sqrt{13} \\approx 3.606'],
    ['3.606', 'x = \\sqrt{13} \\approx 3.606'],
    ['\\frac14', '\\int_0^1 x^3\\,dx = \\frac14'],
    ['x=5', '3x=15 \\implies x=5'],
    ['6', '\\sqrt{36}=6'],
    ['1500', '\\approx 1500'],
  ],
  'thousands and what is left out of them': [
    ['7654321', '7,\\! 654,\\! 321'],
    ['600', '\\sqrt{360\\,000}'],
    ['(54\\,321, 6)', '(54321,6)'],
    ['1{,}000{,}000', '10^6'],
  ],
  'matrices and layouts': [
    ['\\begin{pmatrix}5&6\\\\7&8\\end{pmatrix}', '[[5,6],[7,8]]'],
    [
      '\\begin{pmatrix}5&9\\end{pmatrix}',
      '\\begin{pmatrix}2&4\\end{pmatrix}+\\begin{pmatrix}3&5\\end{pmatrix}',
    ],
    ['x=4, y=7', '\\begin{aligned}x&=4\\\\y&=7\\end{aligned}'],
    ['x=4, y=7', '\\left\\{\\begin{array}{l}x=4\\\\y=7\\end{array}\\right.'],
    ['13', '\\begin{vmatrix}3&1\\\\2&5\\end{vmatrix}'],
    ['\\begin{pmatrix}1\\\\2\\end{pmatrix}', '\\begin{pmatrix}1&2\\end{pmatrix}^T'],
  ],
  'rounded decimals within formulas': [
    ['\\frac{1}{720}', '1.3888889\\times10^{-3}'],
    ['\\frac{x}{7}', '0.142857x'],
    ['\\frac{2}{3}y+1', '0.6666667y+1'],
    ['\\sqrt{13}', '3.605551'],
    ['0.3', '0.30000000000000004'],
  ],
  'words and qualifiers': [
    ['3x+C', '3x+C \\text{ for any constant } C'],
    ['2n', '2n \\text{ for } n\\ge 1'],
    ['9', '9^{\\text{th}}'],
    ['12\\frac12\\%', '12.5\\%'],
    ['f^{-1}(x)=x-1', 'x-1'],
    ['x_1=2', 'x=2'],
    ['10', '{5 \\choose 2}'],
    ['9', '9s'],
    ['0.375', '37.5 percentage'],
    ['42', '\\text{forty-two}'],
    ['1200', '\\text{one thousand two hundred}'],
    ['\\mathbb{R}', '\\text{all real numbers}'],
    ['4\\pi', '\\text{about }4\\pi'],
    ['y=2x+c', 'y=2x+C'],
  ],
  'roots and logarithms where they are real': [
    ['\\sqrt{\\frac xy}', '\\frac{\\sqrt x}{\\sqrt y}'],
    ['\\frac{1}{\\sqrt y}', '\\sqrt{\\frac1y}'],
    ['\\ln(y^2)', '2\\ln y'],
    ['\\sin(90^\\circ-x)', '\\cos x'],
  ],
  'sums, factorials and binomials': [
    ['\\binom{m}{2}', '\\frac{m(m-1)}2'],
    ['300', '\\frac{300!}{299!}'],
    ['\\frac{m(m+1)}2', '\\sum_{j=1}^m j'],
    ['\\binom{2000}{2}', '1999000'],
    ['\\cos(n\\pi)', '(-1)^n'],
    ['\\frac{1-x^{n+1}}{1-x}', '\\sum_{k=0}^{n}x^k'],
    ['\\sum_{n=0}^{\\infty} \\frac{x^n}{n!}', '\\sum_{k=0}^{\\infty} \\frac{1}{k!}x^k'],
  ],
  'exact numbers in other forms': [
    ['\\sqrt{7+2\\sqrt{10}}', '\\sqrt2+\\sqrt5'],
    ['\\sinh(150)', '\\frac{e^{150}-e^{-150}}{2}'],
    ['(8^{8^8})^2', '8^{2\\cdot 8^8}'],
    ['8^{8^{8^8}}', '8^{8^{16777216}}'],
    ['0', '\\cos\\frac{\\pi}{2}'],
    ['-1', 'e^{i\\pi}'],
    ['\\arctan 1', '\\frac\\pi4'],
  ],
  'regions in other notations': [
    ['x^2<3', '-\\sqrt3<x<\\sqrt3'],
    ['x^3-4x>0', '(-2,0)\\cup(2,\\infty)'],
    ['|3x-3|\\le 6', '[-1,3]'],
    ['\\ln x<0', '(0,1)'],
    ['2<f(x)<9', '(2,9)'],
    ['x>8', '\\{x\\mid x>8\\}'],
    ['x>1,\\ x\\le 5', '(1,5]'],
    ['x>8', '\\{x\\in\\mathbb{R}: x>8\\}'],
    ['(-\\infty,\\infty)', '\\mathbb{R}'],
  ],
  'lists, points and groups of names': [
    ['a=4,b=9;a=6,b=1', '(4,9),(6,1)'],
    ['(3,8)', '\\{(3,8)\\}'],
    ['(3,8)', 'y=8,x=3'],
    ['x_1=2,x_2=9', 'x_1=9,x_2=2'],
    ['x=k\\pi, k\\in\\mathbb{Z}', 'x=k\\pi'],
  ],
  'equations with the same solutions': [
    ['xy=6', 'y=\\frac6x'],
    ['3x+6y-9=0', 'y=-\\frac12x+\\frac32'],
    ['x^2/4+y^2/9=1', '9x^2+4y^2=36'],
  ],
  'quantities of one size': [
    ['7\\text{ kN}', '7000\\text{ N}'],
    ['9\\mbox{ cm}^2', '9\\text{ square centimetres}'],
    ['54\\text{ km/h}', '15\\,\\mathrm{m}/\\mathrm{s}'],
    ['3 \\text{ hours } 20 \\text{ minutes}', '200\\text{ minutes}'],
    ['\\$7', '7\\text{ dollars}'],
    ['45^\\circ', '45\\text{ degrees}'],
    ['45^\\circ 30^{\\prime}', '45.5^\\circ'],
    ['5\\sqrt{2}\\text{ cm}', '5\\sqrt2'],
    ['x\\equiv 4\\pmod 9', '4'],
  ],
  'times of day': [
    ['21:15', '9:15 \\text{ PM}'],
    ['21:15', '21:15:00'],
    ['3:10', '\\frac{3}{10}'],
  ],
};

test('a response whose last sentence says that there is none', () => {
  const says = (gold: string, response: string) => verifyAnswer(gold, response).equivalent;
  expect(says('DNE', 'Both sides differ, so the limit does not exist.')).toBe(true);
  expect(says('\\text{cannot be determined}', 'We have 2 equations. It cannot be determined.')).toBe(true);
  expect(says('DNE', 'If it does not exist we are done. The limit is 4.')).toBe(false);
  expect(says('DNE', 'It does not exist. \\boxed{4}')).toBe(false);
});

describe('wrong answers are refused', () => {
  test.each(Object.entries(wrong))('%s', (_, pairs) => {
    expect(pairs.filter(([gold, prediction]) => accepted(gold, prediction))).toEqual([]);
  });
});

describe('right answers are accepted', () => {
  test.each(Object.entries(right))('%s', (_, pairs) => {
    expect(pairs.filter(([gold, prediction]) => !accepted(gold, prediction))).toEqual([]);
  });
});

/** What mathematics does not decide: docs/judge.md has it as a table. */
describe('conventions', () => {
  test.each([
    ['percent may be left out or added', '5\\%', '5', true],
    ['percent is a fraction, too', '0.05', '5\\%', true],
    ['percent is no other unit', '5\\text{ cm}', '5\\%', false],
    ['a unit may be left out', '5\\text{ cm}', '5', true],
    ['a unit may be added', '5', '5\\text{ cm}', true],
    ['a unit of another size is converted', '5\\text{ cm}', '50\\text{ mm}', true],
    ['a name may be added to a value', '5', 'x=5', true],
    ['a name is not another name', 'x=5', 'y=5', false],
    ['a function may be called y', 'f(x)=x^2', 'y=x^2', true],
    ['a constant of integration has either case', 'x^2+C', 'x^2+c', true],
    ['the brackets of an interval count', '(1,2)', '[1,2)', false],
    ['the bracket beside infinity does not', '(1,\\infty)', '(1,\\infty]', true],
    ['a point is no set', '(1,3)', '\\{1,3\\}', false],
    ['a list has no order', '1,3', '3,1', true],
    ['a list may repeat', '1,3', '1,3,3', true],
    ['a base may be left out', '204_5', '204', true],
    ['a base is not another base', '204_5', '204_6', false],
    ['a chain counts by its last value', '2', '\\log_3(8)=2', true],
    ['what comes before ≈ counts', '\\frac13', '\\frac13\\approx0.3', true],
    ['a modulus may be left out', '5\\pmod{9}', '5', true],
    ['a decimal of six digits may be rounded', '\\frac13', '0.333333', true],
  ] as const)('%s: %s and %s', (_, gold, prediction, expected) => {
    expect(accepted(gold, prediction)).toBe(expected);
  });
});

test('an answer too long to be read is compared as a text', () => {
  const long = '1+'.repeat(10_000);
  expect(equivalence(`${long}1`, `${long}1`)).toBe('exact');
  expect(equivalence(`${long}1`, `${long}2`)).toBe('unreadable');
});

test.each([
  ['sums in sums', '\\sum_{a=1}^{300}\\sum_{b=1}^{300}\\sum_{c=1}^{300} a b c'],
  ['products of sums', '\\prod_{k=1}^{400}\\sum_{j=1}^{400}\\binom{1000}{500}'],
  [
    'long lists of roots',
    Array.from({ length: 60 }, (_, k) => `\\sqrt{${k + 2}}+\\sqrt[5]{${k + 3}}`).join(', '),
  ],
  ['inverse functions in sums', '\\sum_{k=1}^{2000} \\arctan(\\ln(k+\\sqrt{2}))'],
  [
    'fractions without a common divisor',
    Array.from({ length: 400 }, (_, k) => `\\frac{1}{${k * k + 7919}}`).join('+'),
  ],
  ['digits after a root', '\\sqrt{250\\,0001e9}'],
  ['an exponent after a fraction', '\\frac1e9'],
])('%s end soon', (_, text) => {
  const start = process.cpuUsage();
  verifyAnswer('7', `\\boxed{${text}}`);
  verifyAnswer(text, `\\boxed{${text}+1}`);
  const { user, system } = process.cpuUsage(start);
  expect((user + system) / 1000).toBeLessThan(1500);
});

test('answers that differ by a blank between digits are of two classes', () => {
  expect(groupEquivalent(['5 1/3', '51/3', '17', '5\\frac13'])).toEqual([0, 1, 1, 0]);
});

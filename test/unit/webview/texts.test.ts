/** What pages make of long texts: folded, compared, cut at formulas; and lists of which a part exists. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folded } from '../../../webview/src/lib/fold.js';
import { answerText, formulaParts } from '../../../webview/src/lib/formulas.js';
import { rowAt, rowOffsets, rowsWithin } from '../../../webview/src/lib/virtual.js';
import { type DiffPart, wordDiff } from '../../../webview/src/lib/word-diff.js';

const limits = { head: 500, tail: 200, headLines: 5, tailLines: 2 };
/** Of the processor: other programs do not count. */
const seconds = (work: () => void): number => {
  const start = process.cpuUsage();
  work();
  return process.cpuUsage(start).user / 1e6;
};

describe('a folded text', () => {
  test('a short one is whole, a long one has its beginning and end', () => {
    expect(folded('short', limits)).toEqual({ head: 'short', hidden: 0, tail: '' });
    const text = `${'a'.repeat(1000)}${'z'.repeat(1000)}`;
    expect(folded(text, limits)).toEqual({ head: 'a'.repeat(500), hidden: 1300, tail: 'z'.repeat(200) });
  });

  test('many short lines are long, too', () => {
    const lines = Array.from({ length: 400 }, (_, index) => `${index}`);
    const { head, hidden, tail } = folded(lines.join('\n'), limits);
    expect(head.split('\n')).toEqual(lines.slice(0, 5));
    expect(tail.split('\n')).toEqual(lines.slice(-2));
    expect(hidden).toBeGreaterThan(1000);
  });

  test('is cut between words, and its end begins with a line if one begins there', () => {
    const text = `${'word '.repeat(300)}so $x^2 + y^2$ holds.\n${'tail '.repeat(30)}`;
    const { head, tail } = folded(text, limits);
    expect(head).toMatch(/word$/);
    expect(tail).toBe('tail '.repeat(30));
  });

  test('nothing is lost, doubled or cut through', () => {
    const text = fc.array(fc.constantFrom('a', '\n', '😀', ' ', 'word'), { maxLength: 3000 });
    fc.assert(
      fc.property(text, (pieces) => {
        const whole = pieces.join('');
        const { head, hidden, tail } = folded(whole, limits);
        expect(whole.startsWith(head) && whole.endsWith(tail)).toBe(true);
        expect(head.length + hidden + tail.length).toBe(whole.length);
        expect([head, tail].every((part) => part.isWellFormed())).toBe(true);
      }),
    );
  });
});

describe('what differs between two texts', () => {
  const marked = (parts: readonly DiffPart[]) =>
    parts.map(({ text, differs }) => (differs ? `[${text}]` : text)).join('');
  const sides = (one: string, other: string) => {
    const diff = wordDiff(one, other);
    return [marked(diff.one), marked(diff.other)];
  };

  test('words that only one of them has', () => {
    expect(sides('so the answer is 7.', 'so my answer is 7.')).toEqual([
      'so [the] answer is 7.',
      'so [my] answer is 7.',
    ]);
    expect(sides('a b c d', 'a c d e')).toEqual(['a [b ]c d', 'a c d[ e]']);
    expect(sides('one two three', 'four five six')).toEqual(['[one two three]', '[four five six]']);
    expect(sides('', 'x')).toEqual(['', '[x]']);
    expect(sides('same\n text', 'same\n text')).toEqual(['same\n text', 'same\n text']);
  });

  test('each side is its text, and what is not marked is the same on both', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', ' ', '\n', '+'), { maxLength: 60 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(text, text, (one, other) => {
        const diff = wordDiff(one, other);
        const all = (parts: readonly DiffPart[]) => parts.map((part) => part.text).join('');
        const shared = (parts: readonly DiffPart[]) =>
          parts
            .map((part) => (part.differs ? '' : part.text))
            .join('')
            .replace(/\s+/g, '');
        expect([all(diff.one), all(diff.other)]).toEqual([one, other]);
        expect(shared(diff.one)).toBe(shared(diff.other));
      }),
    );
  });

  test('8,000 words with a few changes: the changes, and fast; nothing in common, or one word over and over, too', () => {
    const words = Array.from({ length: 8000 }, (_, index) => `w${(index * 7919) % 500}`);
    const changed = words.map((word, index) => (index % 1000 === 500 ? 'CHANGED' : word));
    let diff = wordDiff('', '');
    expect(seconds(() => (diff = wordDiff(words.join(' '), changed.join(' '))))).toBeLessThan(1);
    expect(diff.other.filter(({ differs }) => differs).map(({ text }) => text)).toEqual(
      Array.from({ length: 8 }, () => 'CHANGED'),
    );
    const repeated = (word: string) => `${word} `.repeat(8000);
    const worst = [
      [words.join(' '), changed.map((word) => `x${word}`).join(' ')],
      [`p ${repeated('a')} q ${repeated('a')}`, `r ${repeated('a')} s`],
      [repeated('a b'), repeated('b c')],
    ] as const;
    for (const [one, other] of worst) expect(seconds(() => wordDiff(one, other))).toBeLessThan(1.5);
  });
});

describe('formulas', () => {
  test('unclosed delimiters by the thousand take no time', () => {
    for (const opening of ['\\[ ', '\\( ', '$$ x', '$ ', '$x ', '\\', '\\[ \\( $'])
      expect(
        seconds(() => formulaParts(opening.repeat(50_000))),
        opening,
      ).toBeLessThan(1);
  });

  test('the parts are the text; escaped signs begin nothing', () => {
    expect(formulaParts('\\\\[2pt] \\$5 and $x$')).toEqual([
      { kind: 'text', content: '\\\\[2pt] \\$5 and ', display: false },
      { kind: 'formula', content: 'x', display: false },
    ]);
  });

  test.each([
    ['\\frac{1}{2}', '$\\frac{1}{2}$'],
    ['x^2+1', '$x^2+1$'],
    ['10\\text{ km}', '$10\\text{ km}$'],
    ['$\\pi$', '$\\pi$'],
    ['East of the river', 'East of the river'],
    ['30 minutes', '30 minutes'],
    ['x^2 if the rest is even', 'x^2 if the rest is even'],
    ['It costs \\$5', 'It costs \\$5'],
    ['12', '12'],
    ['', ''],
  ])('the answer %s is set as %s', (answer, text) => {
    expect(answerText(answer)).toBe(text);
  });
});

describe('a list of rows of different heights', () => {
  test('begins where the rows before end', () => {
    const offsets = rowOffsets([10, 30, 20]);
    expect([...offsets]).toEqual([0, 10, 40, 60]);
    expect([-5, 0, 9, 10, 39, 40, 1000].map((top) => rowAt(offsets, top))).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect(rowAt(rowOffsets([]), 10)).toBe(0);
  });

  test('has what is on the screen, and few more', () => {
    const offsets = rowOffsets(Array.from({ length: 1000 }, () => 100));
    expect(rowsWithin(offsets, 50_000, 400)).toEqual({ first: 497, end: 508 });
    expect(rowsWithin(offsets, 0, 400)).toEqual({ first: 0, end: 8 });
    expect(rowsWithin(offsets, 99_600, 400).end).toBe(1000);
    expect(rowsWithin(rowOffsets([]), 0, 400)).toEqual({ first: 0, end: 0 });
  });
});

import fc from 'fast-check';
import katex from 'katex';
import { describe, expect, it } from 'vitest';
import { visibleSpan, visibleText } from '../../../src/runs/facts/visible-text.js';
import { shownParts } from '../../../webview/src/lib/fold.js';
import {
  type MarkedPart,
  markedParts,
  type Split,
  signedFormula,
  splitTexts,
  trimmedSpan,
  withReadClass,
} from '../../../webview/src/lib/read-span.js';

const spanOf = (text: string, part: string) => {
  const start = text.indexOf(part);
  return { start, end: start + part.length };
};
const seen = (text: string, start: number, end: number) => {
  const span = visibleSpan(text, { start, end });
  return span && visibleText(text).slice(span.start, span.end);
};

/** What is hard: characters of two units and their halves, controls, line breaks of both kinds. */
const pieces = fc.constantFrom(
  'a',
  '𝛼',
  '\ud83d',
  '\ude00',
  '\u0007',
  '\u202e',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '$',
);
const texts = fc.array(pieces, { maxLength: 30 }).map((all) => all.join(''));

describe('a part of a text as it is shown', () => {
  it('is found behind characters that are written out, and of two units', () => {
    expect(seen('x\u202e\u0007=5', 4, 5)).toBe('5');
    expect(seen('𝛼𝛽 is 5\r\nor 6', 14, 15)).toBe('6');
    expect(seen('5', 0, 1)).toBe('5');
  });

  it('is widened where it would cut a character or a line break', () => {
    expect(seen('a𝛼b', 2, 3)).toBe('𝛼');
    expect(seen('a𝛼b', 1, 2)).toBe('𝛼');
    expect(seen('a\r\nb', 2, 4)).toBe('\nb');
    // A half alone is one character.
    expect(seen('a\ud835b', 1, 2)).toBe('[U+D835]');
  });

  it('is none where it is empty or reaches out of the text', () => {
    expect(seen('abc', 1, 1)).toBeNull();
    expect(seen('abc', 2, 4)).toBeNull();
    expect(seen('abc', -1, 2)).toBeNull();
    expect(seen('abc', Number.NaN, 2)).toBeNull();
  });

  it('leaves nothing out and adds nothing, wherever it begins and ends', () => {
    fc.assert(
      fc.property(texts, fc.nat(30), fc.nat(30), (text, start, length) => {
        const span = visibleSpan(text, { start, end: start + length });
        if (length === 0 || start + length > text.length) {
          expect(span).toBeNull();
          return;
        }
        const shown = visibleText(text);
        const [before, part] = [shown.slice(0, span!.start), shown.slice(span!.start, span!.end)];
        expect(part).not.toBe('');
        // The three parts are those of the raw text.
        const cut = [start - 1, start].find(
          (from) => from >= 0 && visibleText(text.slice(0, from)) === before,
        );
        expect(cut).toBeDefined();
        expect([0, 1].map((more) => visibleText(text.slice(cut, start + length + more)))).toContain(part);
      }),
    );
  });

  it('moves with the blanks that are cut off', () => {
    expect(trimmedSpan('  5 apples ', { start: 2, end: 3 })).toEqual({ start: 0, end: 1 });
    expect(trimmedSpan(' 5 ', { start: 0, end: 3 })).toEqual({ start: 0, end: 1 });
  });
});

const written = ({ before, marked, after }: Split<MarkedPart>) =>
  [before, marked, after].map((parts) => parts.map(({ kind, content }) => `${kind}:${content}`));

describe('parts of a text around a mark', () => {
  it('are cut where words are marked, at the ends too', () => {
    const text = 'It is 5.';
    expect(written(markedParts(text, spanOf(text, '5')))).toEqual([['text:It is '], ['text:5'], ['text:.']]);
    expect(written(markedParts(text, spanOf(text, text)))).toEqual([[], ['text:It is 5.'], []]);
    expect(written(markedParts(text, null))).toEqual([['text:It is 5.'], [], []]);
  });

  it('have the whole formula in the mark, with its unit', () => {
    const text = 'So $x$ is $\\frac12$ cm.';
    expect(written(markedParts(text, spanOf(text, '$\\frac12$ cm')))).toEqual([
      ['text:So ', 'formula:x', 'text: is '],
      ['formula:\\frac12', 'text: cm'],
      ['text:.'],
    ]);
  });

  it.each(['$', '$$', '\\(', '\\['])('have the mark in the formula that %s opens', (opening) => {
    const closing = { $: '$', $$: '$$', '\\(': '\\)', '\\[': '\\]' }[opening];
    const text = `So ${opening}\\boxed{12}${closing} it is.`;
    const { before, marked, after } = markedParts(text, spanOf(text, '12'));
    const formula = before.at(-1)!;
    expect(formula).toMatchObject({ kind: 'formula', content: '\\boxed{12}' });
    expect(formula.content.slice(formula.inside!.start, formula.inside!.end)).toBe('12');
    expect([marked.length, after.length]).toEqual([0, 1]);
  });

  it('show a formula as it is written when the mark ends in it', () => {
    const text = 'x = 3, $y = 4$';
    expect(written(markedParts(text, spanOf(text, '3, $y')))).toEqual([
      ['text:x = '],
      ['text:3, ', 'source:$y'],
      ['source: = 4$'],
    ]);
  });

  it('hold all of the text, in its order', () => {
    const some = fc.array(fc.constantFrom('a ', '$x$', '$$y$$', '\\(z\\)', '5', '{', '$'), { maxLength: 12 });
    fc.assert(
      fc.property(some, fc.nat(40), fc.integer({ min: 1, max: 20 }), (all, start, length) => {
        const text = all.join('');
        const { before, marked, after } = markedParts(text, { start, end: start + length });
        const join = (parts: MarkedPart[]) => parts.map(({ content }) => content).join('');
        const bare = (one: string) => one.replace(/[$()\\]/g, '');
        expect(bare(join([...before, ...marked, ...after]))).toBe(bare(text));
      }),
    );
  });

  it('of other texts keep what else is known of them', () => {
    const parts = [
      { text: 'ab', differs: false },
      { text: 'cd', differs: true },
    ];
    expect(splitTexts(parts, { start: 1, end: 3 })).toEqual({
      before: [{ text: 'a', differs: false }],
      marked: [
        { text: 'b', differs: false },
        { text: 'c', differs: true },
      ],
      after: [{ text: 'd', differs: true }],
    });
    expect(splitTexts(parts, null).before).toEqual(parts);
  });
});

describe('a mark in a formula', () => {
  const set = (formula: string, part: string) => {
    const signed = signedFormula(formula, spanOf(formula, part));
    return (
      signed && withReadClass(katex.renderToString(signed, { output: 'mathml', trust: false, strict: false }))
    );
  };

  it('becomes an element of its own, and no colour', () => {
    const markup = set('x = \\boxed{\\frac{1}{2}}', '\\frac{1}{2}')!;
    expect(markup).toContain('<mstyle class="read"><mfrac><mn>1</mn><mn>2</mn></mfrac></mstyle>');
    expect(markup).not.toContain('mathcolor');
    expect(set('\\boxed{\\text{Paris}}', 'Paris')).toContain('class="read"');
  });

  it('is none of what is no part by itself', () => {
    expect(set('\\boxed{3} and \\boxed{4}', '3} and \\boxed{4')).toBeNull();
    expect(set('\\begin{matrix} 1 & 2 \\end{matrix}', '1 & 2')).toBeNull();
    expect(set('\\{1\\}', '1\\}')).not.toBeNull();
    expect(signedFormula('a\\,b', { start: 2, end: 3 })).toBeNull();
    expect(set('\\left(1\\right)', '(1\\right)')).toBeNull();
  });
});

describe('a folded text', () => {
  const limits = { head: 450, tail: 150, headLines: 12, tailLines: 4 };
  const long = `${'word '.repeat(400)}The answer is 5. ${'more '.repeat(400)}`;
  const whole = long.trim();
  const shown = (span: { start: number; end: number } | null) =>
    shownParts(whole, limits, span).map(({ start, end }) => whole.slice(start, end));

  it('shows what is marked with what stands around it', () => {
    expect(shown(null)).toHaveLength(2);
    const parts = shown(spanOf(whole, '5'));
    expect(parts).toHaveLength(3);
    expect(parts[1]).toContain('The answer is 5. more');
    expect(parts[1]!.length).toBeLessThan(600);
  });

  it('shows it also at the border of its beginning or end, without another gap', () => {
    expect(shown({ start: 440, end: 460 })).toHaveLength(2);
    expect(shown({ start: 440, end: 460 })[0]!.length).toBeGreaterThan(460);
    expect(shown({ start: 10, end: 12 })).toEqual(shown(null));
    expect(shown({ start: whole.length - 3, end: whole.length })).toEqual(shown(null));
    const near = shown({ start: 500, end: 510 });
    expect(near).toHaveLength(2);
    expect(near[0]!.length).toBeGreaterThan(510);
  });

  it('shows of a long one its beginning; parts are in order and cut no character', () => {
    const span = { start: 700, end: 3500 };
    expect(shown(span)[1]!.length).toBeLessThan(2500);
    const wide = '𝛼'.repeat(3000);
    fc.assert(
      fc.property(fc.nat(5999), fc.integer({ min: 1, max: 4000 }), (start, length) => {
        const parts = shownParts(wide, limits, { start, end: Math.min(wide.length, start + length) });
        let last = 0;
        for (const part of parts) {
          expect(part.start).toBeGreaterThanOrEqual(last);
          expect(part.end).toBeGreaterThan(part.start);
          expect([part.start % 2, part.end % 2]).toEqual([0, 0]);
          last = part.end;
        }
        expect(parts.some((part) => part.start <= start && start < part.end)).toBe(true);
      }),
    );
  });
});

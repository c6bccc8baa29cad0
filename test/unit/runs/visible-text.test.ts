import { expect, test } from 'vitest';
import { runTitle } from '../../../src/runs/facts/distinguish.js';
import { escapeMarkdown, oneLine } from '../../../src/runs/facts/format.js';
import { excerptOf, searchPattern } from '../../../src/runs/facts/search-pattern.js';
import { visibleText } from '../../../src/runs/facts/visible-text.js';
import {
  runAccessibleLabel,
  runDescription,
  runTooltip,
  statusBarContent,
} from '../../../src/views/run-text.js';
import { runOf } from '../views/fixtures.js';

const directions = [
  ...Array.from({ length: 5 }, (_, index) => 0x202a + index),
  ...Array.from({ length: 4 }, (_, index) => 0x2066 + index),
  0x200e,
  0x200f,
  0x061c,
];

test.each(directions)('U+%s does not turn the text around it, it is written out', (code) => {
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  expect(visibleText(`a${String.fromCodePoint(code)}b`)).toBe(`a[U+${hex}]b`);
});

test('other controls and what is invisible are written out, letters and line breaks are not', () => {
  expect(visibleText('\u0000\u001b[31m\u007f\u0085')).toBe('␀␛[31m␡[U+0085]');
  expect(visibleText('a\u200bb\ufeffc\u2028d\u00ad\u{E0041}')).toBe(
    'a[U+200B]b[U+FEFF]c[U+2028]d[U+00AD][U+E0041]',
  );
  expect(visibleText('x\ud83dy')).toBe('x[U+D83D]y');
  expect(visibleText('a\r\nb\tc\nd\re')).toBe('a\nb\tc\nd␍e');
  const plain = 'שלום मक्\u200dख می\u200cخواهم 👩\u200d🔬 e\u0301 3 × 4';
  expect(visibleText(plain)).toBe(plain);
});

test('names and texts in labels, hovers and the status bar have no direction of their own', () => {
  const run = runOf({ name: 'a\u202egpj.exe', notes: 'note \u2066x', state: 'running' });
  const context = { traits: [], now: 0 };
  const texts = [
    runTitle(run.summary),
    runAccessibleLabel(run, runDescription(run, context)),
    runTooltip(run, 0),
    JSON.stringify(statusBarContent([run], () => context)),
    oneLine('x\u202ey'),
    escapeMarkdown('x\u202ey'),
  ];
  for (const text of texts) {
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(text).toMatch(/U(\+|&#43;)20/);
  }
});

test('a search matches the text itself in any case; the excerpt shows what stands around it', () => {
  expect(searchPattern('  ')).toBeNull();
  const pattern = searchPattern('(A+b)[0]')!;
  expect(pattern.test('f (a+B)[0]')).toBe(true);
  expect(pattern.test('aab0')).toBe(false);
  expect(excerptOf('İİİ Ja, ÄPFEL.', searchPattern('äpfel')!)).toBe('İİİ Ja, ÄPFEL.');
  const long = excerptOf(`${'x'.repeat(500)}\n\nneedle ${'y'.repeat(500)}`, searchPattern('NEEDLE')!)!;
  expect(long).toMatch(/^…x+ needle y+…$/);
  expect(long.length).toBeLessThan(140);
});

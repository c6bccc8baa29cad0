import { expect, it } from 'vitest';
import { type Table, writeTable } from '../../../src/export/table.js';

const table: Table = {
  columns: ['variant', 'pass_at_1', 'note'],
  rows: [
    ['g2rl', '52.3 ± 0.8', 'a "quoted", one'],
    ['50%_&', null, 'two\nlines | <b>'],
    ['λ = 0.5', 3, ''],
  ],
};

it('is CSV that quotes what it must', () => {
  expect(writeTable(table, 'csv')).toBe(
    'variant,pass_at_1,note\ng2rl,52.3 ± 0.8,"a ""quoted"", one"\n50%_&,,"two\nlines | <b>"\nλ = 0.5,3,\n',
  );
});

it('is Markdown in which texts stay texts', () => {
  expect(writeTable(table, 'markdown')).toBe(
    [
      '| variant | pass\\_at\\_1 | note |',
      '| --- | ---: | --- |',
      '| g2rl | 52.3 ± 0.8 | a "quoted", one |',
      '| 50%\\_& |  | two lines \\| \\<b\\> |',
      '| λ = 0.5 | 3 |  |',
      '',
    ].join('\n'),
  );
});

it('is LaTeX in which texts stay texts', () => {
  expect(writeTable(table, 'latex')).toBe(
    [
      '\\begin{tabular}{lrl}',
      '  \\toprule',
      '  variant & pass\\_at\\_1 & note \\\\',
      '  \\midrule',
      '  g2rl & 52.3 $\\pm$ 0.8 & a "quoted", one \\\\',
      '  50\\%\\_\\& &  & two lines \\textbar{} \\textless{}b\\textgreater{} \\\\',
      '  $\\lambda$ = 0.5 & 3 &  \\\\',
      '  \\bottomrule',
      '\\end{tabular}',
      '',
    ].join('\n'),
  );
  // A row that begins with a bracket or a star is no option of the end of the row before it.
  expect(writeTable({ columns: ['a'], rows: [['[1pt]'], ['* b']] }, 'latex')).toContain(
    '  {}[1pt] \\\\\n  {}* b \\\\\n',
  );
  expect(writeTable({ columns: ['a'], rows: [['\\{~^}$#−1']] }, 'latex')).toContain(
    '\\textbackslash{}\\{\\textasciitilde{}\\textasciicircum{}\\}\\$\\#$-$1',
  );
});

it('is Markdown without formulas, entities or struck texts where none are meant', () => {
  expect(writeTable({ columns: ['a'], rows: [['$x$ &lt; ~~b~~\rc']] }, 'markdown')).toContain(
    '| \\$x\\$ \\&lt; \\~\\~b\\~\\~ c |',
  );
});

it('puts differences to the right, no difference among them', () => {
  const differences = { columns: ['d'], rows: [['+1.2 *'], ['±0.0'], ['−3'], ['–']] };
  expect(writeTable(differences, 'latex')).toContain('\\begin{tabular}{r}');
});

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
      '  50\\%\\_\\& &  & two lines | <b> \\\\',
      '  λ = 0.5 & 3 &  \\\\',
      '  \\bottomrule',
      '\\end{tabular}',
      '',
    ].join('\n'),
  );
  expect(writeTable({ columns: ['a'], rows: [['\\{~^}$#−1']] }, 'latex')).toContain(
    '\\textbackslash{}\\{\\textasciitilde{}\\textasciicircum{}\\}\\$\\#$-$1',
  );
});

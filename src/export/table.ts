/** A table as people paste it: CSV, Markdown, LaTeX. */
import { stringify } from 'csv-stringify/sync';

export type Cell = string | number | null;

export interface Table {
  columns: readonly string[];
  /** Each as long as `columns`. Numbers are written whole in CSV, and as they are given elsewhere. */
  rows: readonly (readonly Cell[])[];
}

export const tableFormats = ['csv', 'markdown', 'latex'] as const;
export type TableFormat = (typeof tableFormats)[number];

/** The table with a line feed at its end. */
export function writeTable(table: Table, format: TableFormat): string {
  const writers: Record<TableFormat, (table: Table) => string> = {
    csv: toCsv,
    markdown: toMarkdown,
    latex: toLatex,
  };
  return writers[format](table);
}

/** RFC 4180, but for line feeds alone at the ends of rows; null is an empty cell. */
export function csvRows(rows: readonly (readonly Cell[])[]): string {
  return stringify(rows.map((row) => [...row]));
}

const toCsv = ({ columns, rows }: Table): string => csvRows([columns, ...rows]);

const text = (cell: Cell): string => (cell === null ? '' : String(cell));

function toMarkdown({ columns, rows }: Table): string {
  const escaped = (cell: Cell) =>
    text(cell)
      .replace(/[\\|`*_<>[\]~$]|&(?=#?\w+;)/g, '\\$&')
      .replace(/\r\n|[\r\n]/g, ' ');
  const line = (cells: readonly Cell[]) => `| ${cells.map(escaped).join(' | ')} |`;
  const alignment = columns.map((_, column) => (isNumeric(rows, column) ? '---:' : '---'));
  return `${[line(columns), `| ${alignment.join(' | ')} |`, ...rows.map(line)].join('\n')}\n`;
}

/** `booktabs` rules, as papers use them. */
function toLatex({ columns, rows }: Table): string {
  const alignment = columns.map((_, column) => (isNumeric(rows, column) ? 'r' : 'l')).join('');
  const line = (cells: readonly Cell[]) => `  ${cells.map((cell) => latexText(text(cell))).join(' & ')} \\\\`;
  return [
    `\\begin{tabular}{${alignment}}`,
    '  \\toprule',
    line(columns),
    '  \\midrule',
    ...rows.map(line),
    '  \\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
}

const latexCharacters: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  // Without these, a font of the oldest encoding shows other characters.
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '±': '$\\pm$',
  '−': '$-$',
  '–': '--',
  '…': '\\ldots{}',
  '×': '$\\times$',
  '≈': '$\\approx$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  β: '$\\beta$',
  ε: '$\\varepsilon$',
  λ: '$\\lambda$',
  μ: '$\\mu$',
  ν: '$\\nu$',
};

function latexText(value: string): string {
  return (
    value
      .replace(
        /[\\~^<>|±−–…×≈≤≥βελμν&%$#_{}]/g,
        (character) => latexCharacters[character] ?? `\\${character}`,
      )
      // After the end of a row they would belong to its command.
      .replace(/^\s*[*[]/, '{}$&')
      .replace(/\s*[\r\n]\s*/g, ' ')
  );
}

/** A column to the right: numbers, and texts that begin with one, such as "52.3 ± 0.8". */
function isNumeric(rows: Table['rows'], column: number): boolean {
  const cells = rows.map((row) => row[column] ?? null).filter((cell) => cell !== null && cell !== '');
  return cells.length > 0 && cells.every((cell) => /^[-−+±–]?\d|^–$/.test(String(cell)));
}

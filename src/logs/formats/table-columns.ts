/** The columns of a table, by its first rows. */

import { numberIn } from './group-rows.js';
import { firstBytes, isBlank } from './growing.js';
import type { LineFormat, Row } from './table-lines.js';
import type { TableColumns } from './table-map.js';

export const probeBytes = 256 * 1024;
const probedRows = 200;

interface Probed {
  columns: TableColumns;
  /** Why the first line that is no row is none; null when all are. */
  trouble: string | null;
}

/** The columns of the first rows, however long these are. */
export async function probed(file: string, format: LineFormat): Promise<Probed> {
  for (let count = probeBytes; ; count *= 4) {
    const bytes = await firstBytes(file, count);
    const isAll = bytes.length < count;
    const { rows, trouble } = rowsOf(bytes, isAll, format);
    const columns = columnsOf(rows);
    if (isAll || columns.numbers.length + columns.texts.length > 0) return { columns, trouble };
  }
}

/** @param isAll whether the last of them may end without a newline */
function rowsOf(bytes: Buffer, isAll: boolean, { parse, endOf }: LineFormat) {
  const rows: Row[] = [];
  let trouble: string | null = null;
  let start = bytes.indexOf('\uFEFF') === 0 ? 3 : 0;
  for (let number = 1; rows.length < probedRows && start < bytes.length; number++) {
    const found = endOf(bytes, start);
    if (found === -1 && !isAll) break;
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    const row = isBlank(line) ? {} : parse(line, number);
    if (typeof row !== 'string') rows.push(row);
    else if (found !== -1) trouble ??= `line ${number}: ${row}`;
    start = end + 1;
  }
  return { rows, trouble };
}

function columnsOf(rows: readonly Row[]): TableColumns {
  const numbers = new Map<string, { all: number; whole: number }>();
  const written = new Set<string>();
  for (const [name, value] of rows.flatMap((row) => Object.entries(row))) {
    const number = numberIn(value);
    if (number !== null) {
      const { all, whole } = numbers.get(name) ?? { all: 0, whole: 0 };
      numbers.set(name, { all: all + 1, whole: whole + Number(Number.isSafeInteger(number)) });
    } else if (typeof value === 'string' || Array.isArray(value)) written.add(name);
  }
  return {
    numbers: [...numbers.keys()],
    texts: [...written].filter((name) => !numbers.has(name)),
    whole: new Set([...numbers].flatMap(([name, { all, whole }]) => (2 * whole > all ? [name] : []))),
    written,
  };
}

/** Rows of a parquet file. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { BenchmarkError } from './errors.js';
import type { Row } from './row.js';

/** Rows decoded at once. */
const rowsPerRead = 1024;

/** Which of the columns of a file to read. */
export type ColumnChoice = (present: readonly string[]) => readonly string[];

/**
 * Reads only the columns chosen, and of those only a slice at a time.
 *
 * @throws BenchmarkError when a column is missing; Error when the file is not parquet
 */
export async function* parquetRows(
  path: string,
  choose: ColumnChoice | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const present = parquetSchema(metadata).children.map(({ element }) => element.name);
  const columns = choose === null ? present : choose(present);
  const missing = columns.filter((column) => !present.includes(column));
  if (missing.length > 0) {
    throw new BenchmarkError(
      `${path}: has no column "${missing.join('" and no column "')}"`,
      `Its columns are ${present.join(', ')}. Specify which of them are "problem" and "answer".`,
    );
  }
  const total = Number(metadata.num_rows);
  for (const [rowStart, rowEnd] of slices(metadata.row_groups.map((group) => Number(group.num_rows)))) {
    signal?.throwIfAborted();
    const rows = await parquetReadObjects({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd: Math.min(rowEnd, total),
      columns: [...columns],
    });
    for (const [index, values] of rows.entries()) yield { where: `row ${rowStart + index + 1}`, values };
  }
}

/** Slices that do not reach from one row group into the next, so that no page is decoded for two of them. */
function* slices(groups: readonly number[]): Generator<[start: number, end: number]> {
  let first = 0;
  for (const count of groups) {
    const end = first + count;
    for (let start = first; start < end; start += rowsPerRead) {
      yield [start, Math.min(start + rowsPerRead, end)];
    }
    first = end;
  }
}

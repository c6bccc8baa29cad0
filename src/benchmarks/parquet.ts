/** Rows of a parquet file. */
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { BenchmarkError } from './errors.js';
import { checkPages } from './parquet-pages.js';
import { holdsNotText, roundingOf, shortened, textParsers } from './parquet-values.js';
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
  const schema = parquetSchema(metadata);
  const present = schema.children.map(({ element }) => element.name);
  const columns = choose === null ? present : choose(present);
  const missing = columns.filter((column) => !present.includes(column));
  if (missing.length > 0) {
    throw new BenchmarkError(
      `${path}: has no column "${missing.join('" and no column "')}"`,
      `Its columns are ${present.join(', ')}. Specify which of them are "problem" and "answer".`,
    );
  }
  const rounded = schema.children.flatMap((child) => {
    const rounds = columns.includes(child.element.name) ? roundingOf(child) : null;
    return rounds === null ? [] : [[child.element.name, rounds] as const];
  });
  let first = 0;
  for (const group of metadata.row_groups) {
    signal?.throwIfAborted();
    await checkPages(file, group, schema, columns);
    const end = first + Number(group.num_rows);
    // No slice reaches from one row group into the next, so that no page is decoded for two of them.
    for (; first < end; first += rowsPerRead) {
      signal?.throwIfAborted();
      const rowEnd = Math.min(first + rowsPerRead, end);
      const range = { rowStart: first, rowEnd, columns: [...columns] };
      const rows = await parquetReadObjects({ file, metadata, compressors, parsers: textParsers, ...range });
      for (const [index, values] of rows.entries()) {
        const where = `row ${first + index + 1}`;
        for (const [column, rounds] of rounded) values[column] = shortened(values[column], rounds);
        const broken = columns.find((column) => holdsNotText(values[column]));
        if (broken !== undefined) throw notUtf8(path, where, broken);
        yield { where, values };
      }
    }
    first = end;
  }
}

const notUtf8 = (path: string, where: string, column: string): BenchmarkError =>
  new BenchmarkError(
    `${path}, ${where}: "${column}" is not UTF-8 text`,
    'Write the column as UTF-8 strings, or specify another field.',
  );

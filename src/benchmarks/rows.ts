/** Rows of a JSON Lines, JSON, CSV, TSV or parquet file, one after another. */

import { createReadStream, type ReadStream, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Readable, Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { reasonOf } from '../errors.js';
import { BenchmarkError } from './errors.js';
import { parseJson } from './json-numbers.js';
import { type ColumnChoice, parquetRows } from './parquet.js';
import type { Row } from './row.js';
import { textLines } from './text-lines.js';
import { Utf8Check } from './utf8.js';

export const fileFormats = ['jsonl', 'json', 'csv', 'tsv', 'parquet'] as const;
export type FileFormat = (typeof fileFormats)[number];

const endings: Readonly<Record<string, FileFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.parquet': 'parquet',
};

const isCompressed = (file: string): boolean => extname(file).toLowerCase() === '.gz';

/** The format by a file's extension. @throws BenchmarkError when it is unknown */
export function formatOf(file: string): FileFormat {
  const name = isCompressed(file) ? basename(file, extname(file)) : basename(file);
  const format = endings[extname(name).toLowerCase()];
  if (format !== undefined) return format;
  throw new BenchmarkError(
    `${file}: its extension is not a known format of problems`,
    `Rename it to one of ${Object.keys(endings).join(', ')} (text also with .gz), or give "format": one of ${fileFormats.join(', ')}.`,
  );
}

/** Whole JSON documents are held in memory; more than this is for JSON Lines. */
const maxJsonBytes = 256 * 2 ** 20;

/**
 * The rows of a file. Text is read as UTF-8 and in pieces, parquet row group by row group, whole JSON at once.
 *
 * @param columns of a parquet file, only the columns chosen are read; null reads all
 * @throws BenchmarkError naming the file, the row and the fix
 */
export async function* readRows(
  file: string,
  format: FileFormat,
  columns: ColumnChoice | null,
  signal?: AbortSignal,
): AsyncGenerator<Row> {
  const size = checkedSize(file);
  try {
    if (format === 'parquet') yield* parquetRows(file, columns, signal);
    else if (format === 'json') yield* jsonRows(file, size, signal);
    else if (format === 'jsonl') yield* jsonLinesRows(file, signal);
    else yield* separatedRows(file, format === 'csv' ? ',' : '\t', signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof BenchmarkError) throw error;
    throw new BenchmarkError(
      `${file}: cannot be read as ${format} (${reasonOf(error)})`,
      'Check the file; if it has another format, set "format".',
      { cause: error },
    );
  }
}

function checkedSize(file: string): number {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile()) {
    if (stats.size > 0) return stats.size;
    throw new BenchmarkError(`${file}: the file is empty`, 'A benchmark needs at least one problem.');
  }
  if (stats !== undefined && !stats.isDirectory()) {
    throw new BenchmarkError(
      `${file}: is a device or a pipe, not a regular file`,
      'Write its content into a file.',
    );
  }
  throw new BenchmarkError(
    `${file}: there is no such file`,
    'Paths in an experiment are relative to the experiment file.',
  );
}

function openText(file: string, signal: AbortSignal | undefined): Readable {
  const stream: ReadStream = createReadStream(file, signal === undefined ? {} : { signal });
  const parts: Transform[] = [...(isCompressed(file) ? [createGunzip()] : []), new Utf8Check(file)];
  return parts.reduce<Readable>(joined, stream);
}

/** One end of the two, by an error or because nobody reads on, is the end of both. */
function joined(source: Readable, next: Transform): Transform {
  source.on('error', (error) => next.destroy(error));
  next.on('close', () => source.destroy());
  return source.pipe(next);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function notAnObject(file: string, where: string): BenchmarkError {
  return new BenchmarkError(
    `${file}, ${where}: not an object`,
    'Write each problem as {"problem": "…", "answer": "…"}.',
  );
}

async function* jsonLinesRows(file: string, signal: AbortSignal | undefined): AsyncGenerator<Row> {
  let number = 0;
  for await (const line of textLines(openText(file, signal), file)) {
    number++;
    if (line.trim() === '') continue;
    const where = `line ${number}`;
    let values: unknown;
    try {
      values = parseJson(line);
    } catch (error) {
      throw new BenchmarkError(
        `${file}, ${where}: not valid JSON (${reasonOf(error)})`,
        'Correct or remove the line; the last line may have been cut off in a copy.',
        { cause: error },
      );
    }
    if (!isRecord(values)) throw notAnObject(file, where);
    yield { where, values };
  }
}

function tooLargeForJson(file: string, bytes: number): BenchmarkError {
  return new BenchmarkError(
    `${file}: ${Math.round(bytes / 2 ** 20)} MB is too large for one JSON document`,
    'Write it as JSON Lines, one problem per line, which is read in pieces.',
  );
}

async function* jsonRows(file: string, size: number, signal: AbortSignal | undefined): AsyncGenerator<Row> {
  if (size > maxJsonBytes) throw tooLargeForJson(file, size);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of openText(file, signal)) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    // A small compressed file may hold any amount.
    if (bytes > maxJsonBytes) throw tooLargeForJson(file, bytes);
  }
  const document = parseJson(
    Buffer.concat(pieces)
      .toString()
      .replace(/^\uFEFF/, ''),
  );
  const rows = Array.isArray(document) ? document : isRecord(document) ? onlyList(document) : null;
  if (rows === null) {
    throw new BenchmarkError(
      `${file}: contains no list of problems`,
      'Write a list of objects, or an object with one list of objects in it.',
    );
  }
  for (const [index, values] of rows.entries()) {
    const where = `row ${index + 1}`;
    if (!isRecord(values)) throw notAnObject(file, where);
    yield { where, values };
  }
}

/** `{"version": 1, "problems": [...]}`: the list when there is exactly one. */
function onlyList(document: Record<string, unknown>): unknown[] | null {
  const lists = Object.values(document).filter((value): value is unknown[] => Array.isArray(value));
  return lists.length === 1 ? lists[0]! : null;
}

async function* separatedRows(
  file: string,
  delimiter: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row> {
  const parser = parse({ bom: true, columns: true, delimiter, info: true, skip_empty_lines: true });
  const source = openText(file, signal);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    for await (const parsed of parser) {
      const { record, info } = parsed as { record: Record<string, string>; info: { lines: number } };
      // A row may span lines; this is the one it ends on.
      yield { where: `line ${info.lines}`, values: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new BenchmarkError(
      `${file}: not valid ${delimiter === ',' ? 'CSV' : 'TSV'} (${error.message})`,
      'The first line names the fields, and every row has as many; put values with commas, quotes or line breaks in double quotes.',
      { cause: error },
    );
  } finally {
    source.destroy();
  }
}

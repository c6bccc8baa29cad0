/** The lines of a table, JSON Lines or CSV, as rows. */
import { CsvError, parse } from 'csv-parse/sync';
import { isObject, parseObjectWithGaps } from '../../runs/protocol/index.js';
import { flatEntries } from './group-rows.js';
import { LogError } from './log.js';

/** A row that is longer has a quote that nobody closed. */
const mostRowBytes = 4 * 2 ** 20;
const newline = 0x0a;
const quote = 0x22;

export type Row = Record<string, unknown>;

/** A line as a row; a text says why it is none. */
type ParseLine = (bytes: Buffer, number: number) => Row | string;

export const isCsv = (file: string): boolean => /\.(csv|tsv)$/i.test(file);

/** How lines are read, and where one ends; the first line of a CSV file names its columns. */
export interface LineFormat {
  parse: ParseLine;
  /** Place of the newline that ends the line at a place; -1 when there is none yet. */
  endOf: (bytes: Buffer, start: number) => number;
}

/** @param head the first bytes of the file @throws LogError */
export function formatOfLines(file: string, head: Buffer): LineFormat {
  if (!isCsv(file)) return { parse: (bytes) => flatRow(bytes) ?? notAnObject(bytes), endOf: endOfLine };
  const text = head.toString('utf8').replace(/^\uFEFF/, '');
  const first = text.slice(0, endOfRow(Buffer.from(text), 0));
  const delimiter = delimiterOf(first);
  const columns = cells(first.trimEnd(), delimiter);
  if (typeof columns === 'string')
    throw new LogError(`${file}, line 1: ${columns}`, 'It must name the columns.');
  const names = distinct(columns.map((name) => name.trim()));
  const parse: ParseLine = (bytes, number) => {
    if (number === 1) return {};
    const row = cells(bytes.toString('utf8').replace(/\r$/, ''), delimiter);
    if (typeof row === 'string') return row;
    if (row.length !== names.length) return `${row.length} values for ${names.length} columns`;
    const values = names.flatMap((name, index): [string, unknown][] => {
      const cell = row[index] ?? '';
      // pandas writes its index into a column without a name.
      return name === '' || cell.trim() === '' ? [] : [[name, withPoint(cell, delimiter)]];
    });
    return Object.fromEntries(values);
  };
  return { parse, endOf: endOfRow };
}

/** Semicolons are written where the comma is in the numbers. */
function delimiterOf(line: string): string {
  const outside = line.replace(/"[^"]*"/g, '');
  const count = (mark: string) => outside.split(mark).length;
  return ['\t', ';', ','].reduce((best, mark) => (count(mark) > count(best) ? mark : best), ',');
}

const withPoint = (cell: string, delimiter: string): string =>
  delimiter === ';' && /^\s*[+-]?\d+,\d+(e[+-]?\d+)?\s*$/i.test(cell) ? cell.replace(',', '.') : cell;

/** Of columns with the same name, the later ones get a number, as pandas gives it. */
function distinct(names: readonly string[]): string[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    const before = counts.get(name) ?? 0;
    counts.set(name, before + 1);
    return before === 0 || name === '' ? name : `${name}.${before}`;
  });
}

const endOfLine = (bytes: Buffer, start: number): number => bytes.indexOf(newline, start);

/** Cells between quotes may have line breaks. A quote that is never closed is an error of its own line. */
function endOfRow(bytes: Buffer, start: number): number {
  const first = bytes.indexOf(newline, start);
  let quotes = 0;
  let at = start;
  for (let end = first; end !== -1 && end - start < mostRowBytes; end = bytes.indexOf(newline, end + 1)) {
    for (; at < end; at++) if (bytes[at] === quote) quotes++;
    if (quotes % 2 === 0) return end;
  }
  return bytes.length - start < mostRowBytes ? -1 : first;
}

/** The cells of a line; a text says what is wrong with it. */
function cells(line: string, delimiter: string): string[] | string {
  try {
    const [row = []]: string[][] = parse(line, { delimiter, relax_column_count: true });
    return row;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return error.message;
  }
}

const notAnObject = (bytes: Buffer): string =>
  /^\s*\[/.test(bytes.toString('utf8', 0, 100)) ? 'a JSON array, not an object' : 'not valid JSON';

/** The brackets of an array whose objects have lines of their own. */
const isBracket = (bytes: Buffer): boolean => /^\s*[[\]]\s*$/.test(bytes.toString('latin1', 0, 100));

/** A line of JSON as a row: objects in it are columns with their path as a name. */
function flatRow(bytes: Buffer): Row | null {
  if (isBracket(bytes)) return {};
  const row = parseObjectWithGaps(bytes.toString('utf8').replace(/,\s*$/, ''));
  return row && Object.values(row).some(isObject) ? Object.fromEntries(flatEntries(row)) : row;
}

/** @throws LogError for bytes that are no text in UTF-8 with lines */
export function checkText(file: string, head: Buffer): void {
  const refuse = (what: string, hint: string) => {
    throw new LogError(`${file}, offset 0: ${what}`, hint);
  };
  if (head[0] === 0x1f && head[1] === 0x8b) refuse('compressed', 'Unpack it first, as with "gunzip".');
  const mark = head.toString('latin1', 0, 2);
  if (mark === '\xff\xfe' || mark === '\xfe\xff') {
    refuse('its text is UTF-16', 'Save it as UTF-8, as with "iconv -f UTF-16 -t UTF-8".');
  }
  if (head.includes('\r') && !head.includes('\n')) {
    refuse('its lines end with a carriage return alone', "Write newlines, as with \"tr '\\r' '\\n'\".");
  }
}

/** Tables of any program: JSON Lines or CSV, a row for each step, or for each response. */
import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { parseObjectWithGaps } from '../../runs/protocol/index.js';
import { groupsOf, numberOf, textOf } from './group-rows.js';
import { firstBytes, isFolder, modified, readLines } from './growing.js';
import { LogError, type LogFormat, type LogSink } from './log.js';
import { mapOf, type TableColumns, type WholeMap } from './table-map.js';

const tableFile = /\.(jsonl|ndjson|csv|tsv)$/i;
const probeBytes = 256 * 1024;
/** Responses of one step that are gathered before they are filed. */
const mostRows = 20_000;

type Row = Record<string, unknown>;

/** A line as a row; a text says why it is none. */
type ParseLine = (bytes: Buffer, number: number) => Row | string;

const isCsv = (file: string): boolean => /\.(csv|tsv)$/i.test(file);

/** How lines are read; the first line of a CSV file names its columns. */
async function parserOf(file: string): Promise<ParseLine> {
  if (!isCsv(file)) return (bytes) => parseObjectWithGaps(bytes) ?? 'not valid JSON';
  const head = (await firstBytes(file, probeBytes)).toString('utf8').replace(/^\uFEFF/, '');
  const delimiter = /\.tsv$/i.test(file) ? '\t' : ',';
  const columns = cells(head.split('\n', 1)[0] ?? '', delimiter);
  if (typeof columns === 'string')
    throw new LogError(`${file}, line 1: ${columns}`, 'It must name the columns.');
  return (bytes, number) => {
    if (number === 1) return {};
    const row = cells(bytes.toString('utf8'), delimiter);
    if (typeof row === 'string') return row;
    if (row.length !== columns.length)
      return `${row.length} values for ${columns.length} columns${onlyLines}`;
    return Object.fromEntries(columns.map((name, index) => [name, cellValue(row[index] ?? '')]));
  };
}

const onlyLines = ' (texts with line breaks are read from JSON Lines only)';

/** The cells of a line; a text says what is wrong with it. */
function cells(line: string, delimiter: string): string[] | string {
  try {
    const [row = []]: string[][] = parse(line, { delimiter, relax_column_count: true });
    return row;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return `${error.message}${onlyLines}`;
  }
}

/** A cell that is written as a number is one. */
function cellValue(text: string): unknown {
  if (text.trim() === '') return null;
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
}

async function columnsOf(file: string, parseLine: ParseLine): Promise<TableColumns> {
  const text = await firstBytes(file, probeBytes);
  const lines = text.toString('utf8').split('\n').slice(0, -1).slice(0, 200);
  const numbers = new Set<string>();
  const texts = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const row = parseLine(Buffer.from(line), index + 1);
    if (typeof row === 'string') continue;
    for (const [name, value] of Object.entries(row)) {
      if (numberOf(value) !== null) numbers.add(name);
      else if (typeof value === 'string' || Array.isArray(value)) texts.add(name);
    }
  }
  return { numbers: [...numbers], texts: [...texts].filter((name) => !numbers.has(name)) };
}

export const table: LogFormat = {
  name: 'table',
  title: 'table',

  async find(path) {
    if ((await isFolder(path)) || !tableFile.test(path)) return [];
    const name = basename(path).replace(tableFile, '');
    return [{ format: 'table', source: path, run: '', name, created: await modified(path) }];
  },

  async read({ source, map: given }, marks, sink, signal) {
    const parseLine = await parserOf(source);
    const columns = await columnsOf(source, parseLine);
    // Nothing whole is in it yet.
    if (columns.numbers.length + columns.texts.length === 0 && Number(marks.file ?? 0) === 0) {
      const head = (await firstBytes(source, probeBytes)).toString('utf8');
      if (!head.includes('\n')) return;
      throw new LogError(
        `${source}, line 1: not a JSON object`,
        'Write one JSON object per line, or specify another file.',
      );
    }
    const map = mapOf(source, columns, given);
    const responses = new Responses(source, map, sink);
    try {
      await readLines(source, 'file', marks, signal, (bytes, number, share) => {
        const row = parseLine(bytes, number);
        if (typeof row === 'string') sink.skipped(`${source}, line ${number}: ${row}`);
        else if (Object.keys(row).length > 0) responses.take(row, number);
        sink.progress(share);
      });
    } finally {
      // Their lines count as read, also where the reading was given up.
      responses.file();
    }
  },
};

/** Rows as values of their step, or as responses of it. */
class Responses {
  #step: number | null = null;
  #rows: Parameters<typeof groupsOf>[0][number][] = [];

  constructor(
    private readonly source: string,
    private readonly map: WholeMap,
    private readonly sink: LogSink,
  ) {}

  take(row: Row, number: number): void {
    const { step: stepColumn, time: timeColumn, prompt, completion, reward } = this.map;
    const step = numberOf(row[stepColumn]);
    if (step === null || !Number.isSafeInteger(step)) {
      this.sink.skipped(
        `${this.source}, line ${number}: ${stepColumn} is ${JSON.stringify(row[stepColumn] ?? null)}, not a whole number`,
      );
      return;
    }
    if (completion !== undefined) {
      if (step !== this.#step || this.#rows.length >= mostRows) this.file();
      this.#step = step;
      this.#rows.push({
        prompt: prompt === undefined ? '' : textOf(row[prompt]),
        text: textOf(row[completion]),
        reward: reward === undefined ? null : numberOf(row[reward]),
      });
      return;
    }
    const time = timeColumn === undefined ? null : secondsOf(row[timeColumn]);
    const values = Object.entries(row).flatMap(([name, value]): [string, number][] => {
      const found = numberOf(value);
      return name === stepColumn || name === timeColumn || found === null ? [] : [[name, found]];
    });
    this.sink.values(step, time, values);
  }

  /** Files the responses that were gathered: the first of a step replace what was there before. */
  file(): void {
    if (this.#step === null || this.#rows.length === 0) return;
    this.sink.groups(this.#step, groupsOf(this.#rows), false);
    this.#rows = [];
  }
}

/** Unix time of a number or of a date. */
function secondsOf(value: unknown): number | null {
  const number = numberOf(value);
  // Later than the year 5000 in seconds: they are milliseconds.
  if (number !== null) return number > 1e11 ? number / 1000 : number;
  const date = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : date / 1000;
}

/** Tables of any program: JSON Lines or CSV, a row for each step, or for each response. */
import { basename } from 'node:path';
import { groupsOf, numberIn, textOf } from './group-rows.js';
import { firstBytes, isFolder, modified, readLines } from './growing.js';
import { LogError, type LogFormat, type LogSink } from './log.js';
import { probeBytes, probed } from './table-columns.js';
import { checkText, formatOfLines, isCsv, type Row } from './table-lines.js';
import { mapOf, type WholeMap } from './table-map.js';

const tableFile = /\.(jsonl|ndjson|csv|tsv)$/i;

/** Whether a file is read as a table where it is specified itself; of a folder its name says too little. */
export const isTable = (file: string): boolean => tableFile.test(file);

/** Responses of one step that are gathered before they are filed. */
const mostRows = 20_000;

export const table: LogFormat = {
  name: 'table',
  title: 'table',
  depth: 0,

  async find(path) {
    if ((await isFolder(path)) || !isTable(path)) return [];
    const name = basename(path).replace(tableFile, '');
    return [{ format: 'table', source: path, run: '', name, created: await modified(path) }];
  },

  async read({ source, map: given }, marks, sink, signal) {
    const head = await firstBytes(source, probeBytes);
    checkText(source, head);
    const format = formatOfLines(source, head);
    const { columns, trouble } = await probed(source, format);
    if (columns.numbers.length + columns.texts.length === 0) {
      // Nothing whole is in it yet.
      if (trouble === null) return;
      throw new LogError(
        `${source}, ${trouble}`,
        isCsv(source)
          ? 'Write as many values as the first line has names.'
          : 'Write one JSON object per line, as "jq -c .[]" does with an array, or specify another file.',
      );
    }
    const map = mapOf(source, columns, given);
    const responses = new Responses(source, map, sink);
    try {
      const take = (bytes: Buffer, number: number, share: number) => {
        const row = format.parse(bytes, number);
        if (typeof row === 'string') sink.skipped(`${source}, line ${number}: ${row}`);
        else if (Object.keys(row).length > 0) responses.take(row, number);
        sink.progress(share);
      };
      await readLines(source, 'file', marks, signal, take, format.endOf);
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
    const step = numberIn(row[stepColumn]);
    if (step === null || !Number.isSafeInteger(step)) {
      this.sink.skipped(
        `${this.source}, line ${number}: ${stepColumn} is ${JSON.stringify(row[stepColumn] ?? null)}, ${Number.isInteger(step) ? 'too large' : 'not a whole number'}`,
      );
      return;
    }
    if (completion !== undefined) {
      if (step !== this.#step || this.#rows.length >= mostRows) this.file();
      this.#step = step;
      this.#rows.push({
        prompt: prompt === undefined ? '' : textOf(row[prompt]),
        text: textOf(row[completion]),
        reward: reward === undefined ? null : numberIn(row[reward]),
      });
      return;
    }
    const time = timeColumn === undefined ? null : secondsOf(row[timeColumn]);
    const values = Object.entries(row).flatMap(([name, value]): [string, number][] => {
      const found = numberIn(value);
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
  const number = numberIn(value);
  // Later than the year 5000 in seconds: they are milliseconds.
  if (number !== null) return number > 1e11 ? number / 1000 : number;
  const date = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : date / 1000;
}

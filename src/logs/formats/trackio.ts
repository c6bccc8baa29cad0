/** trackio's store: a SQLite file for each project, with a row for each call of `log`. */
import { basename } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { reasonOf } from '../../errors.js';
import { isObject, type JsonObject, parseObjectWithGaps } from '../../runs/protocol/index.js';
import { areCompletions, completionOf, flatEntries, groupsOf, numberOf } from './group-rows.js';
import { filesBelow, firstBytes, isFolder } from './growing.js';
import { type FoundRun, LogError, type LogFormat, type LogSink, SourceReplaced } from './log.js';
import { StepCounter } from './step-counter.js';

const magic = 'SQLite format 3\0';
const rowsPerRead = 2000;
/** Milliseconds to wait for a writer. */
const patience = 2000;

/** @throws LogError where this Node has no SQLite, or the store is locked or damaged */
async function withStore<T>(file: string, use: (store: DatabaseSync) => T | Promise<T>): Promise<T> {
  let sqlite: typeof import('node:sqlite');
  try {
    sqlite = await import('node:sqlite');
  } catch {
    throw new LogError(
      `${file}: this Node (${process.versions.node}) cannot read SQLite files`,
      'Use another version of Visual Studio Code, or "g2rl import" in a terminal with Node 22.13 or newer, which G2RL_NODE may name.',
    );
  }
  let store: DatabaseSync | undefined;
  try {
    store = new sqlite.DatabaseSync(file, { readOnly: true });
    store.exec(`PRAGMA busy_timeout = ${patience}`);
    return await use(store);
  } catch (error) {
    throw storeError(error, file);
  } finally {
    store?.close();
  }
}

function storeError(error: unknown, file: string): unknown {
  if (error instanceof LogError || error instanceof SourceReplaced) return error;
  const reason = reasonOf(error);
  if (/locked|busy/i.test(reason)) {
    return new LogError(
      `${file} is locked: another program is writing into it`,
      'Try again in a moment. A log that is followed is tried again by itself.',
    );
  }
  return /sqlite|database|no such (table|column)|unable to open/i.test(reason)
    ? new LogError(
        `${file} cannot be read as a store of trackio (${reason})`,
        'Copy it again while nothing writes into it.',
      )
    : error;
}

/** Columns of a table; none where it is missing. */
const columnsOf = (store: DatabaseSync, table: string): string[] =>
  store
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => String(name));

/** Earlier versions tell runs apart by their name only. */
const runColumn = (store: DatabaseSync): string =>
  columnsOf(store, 'metrics').includes('run_id') ? 'run_id' : 'run_name';

async function runsOf(file: string): Promise<FoundRun[]> {
  const head = (await firstBytes(file, magic.length)).toString('latin1');
  if (head !== magic) return [];
  return withStore(file, (store) => {
    const columns = columnsOf(store, 'metrics');
    if (!['run_name', 'step', 'metrics', 'timestamp'].every((name) => columns.includes(name))) return [];
    const id = runColumn(store);
    const rows = store
      .prepare(`SELECT ${id} AS id, run_name AS name, MIN(timestamp) AS created FROM metrics GROUP BY ${id}`)
      .all();
    return rows.map(
      (row): FoundRun => ({
        format: 'trackio',
        source: file,
        run: String(row.id),
        name: String(row.name),
        created: Date.parse(String(row.created)) || Date.now(),
      }),
    );
  });
}

export const trackio: LogFormat = {
  name: 'trackio',
  title: 'trackio',
  depth: 0,

  async find(path) {
    const isStore = (name: string) => name.endsWith('.db');
    const files = (await isFolder(path))
      ? await filesBelow(path, isStore, 2)
      : [path].filter((one) => isStore(basename(one)));
    return (await Promise.all(files.map(runsOf))).flat();
  },

  read: ({ source, run }, marks, sink, signal) =>
    withStore(source, async (store) => {
      const id = runColumn(store);
      takeConfig(store, id, run, sink);
      const newest = Number(
        store.prepare(`SELECT MAX(id) AS last FROM metrics WHERE ${id} = ?`).get(run)?.last ?? 0,
      );
      if (newest < Number(marks.row ?? 0)) throw new SourceReplaced();
      const rows = store.prepare(
        `SELECT id, timestamp, step, metrics FROM metrics WHERE ${id} = ? AND id > ? ORDER BY id LIMIT ${rowsPerRead}`,
      );
      const steps = new StepCounter(marks);
      for (;;) {
        signal.throwIfAborted();
        const found = rows.all(run, Number(marks.row ?? 0));
        for (const row of found) {
          takeRow(source, row, steps, sink);
          marks.row = Number(row.id);
        }
        if (newest > 0) sink.progress(Number(marks.row ?? 0) / newest);
        if (found.length < rowsPerRead) return;
        await new Promise(setImmediate);
      }
    }),
};

/** JSON in a text or, as newer versions write it, in bytes. */
const jsonOf = (value: unknown) =>
  parseObjectWithGaps(value instanceof Uint8Array ? Buffer.from(value) : String(value ?? ''));

function takeConfig(store: DatabaseSync, id: string, run: string, sink: LogSink): void {
  if (!columnsOf(store, 'configs').includes(id)) return;
  const config = jsonOf(store.prepare(`SELECT config FROM configs WHERE ${id} = ?`).get(run)?.config);
  if (!config) return;
  const settings = Object.fromEntries(Object.entries(config).filter(([name]) => !name.startsWith('_')));
  sink.facts({ settings });
}

function takeRow(file: string, row: Record<string, unknown>, steps: StepCounter, sink: LogSink): void {
  const logged = jsonOf(row.metrics);
  if (!logged) {
    sink.skipped(`${file}, metrics.id ${String(row.id)}: not JSON`);
    return;
  }
  const values = new Map(numbersIn(logged));
  const time = Date.parse(String(row.timestamp));
  const step = steps.of(values, Number(row.step));
  if (values.size > 0) sink.values(step, Number.isNaN(time) ? null : time / 1000, values);
  for (const value of Object.values(logged)) {
    if (isObject(value) && value._type === 'trackio.table') takeTable(value._value, step, sink);
  }
}

/** Tables and images are objects of a type. */
const numbersIn = (logged: JsonObject): [string, number][] =>
  flatEntries(logged, ({ _type }) => _type !== undefined).flatMap(([name, value]): [string, number][] => {
    const number = numberOf(value);
    return number === null ? [] : [[name, number]];
  });

/** The completions of TRL; other tables are left out. */
function takeTable(value: unknown, step: number, sink: LogSink): void {
  const rows = Array.isArray(value) ? value.filter(isObject) : [];
  const [first] = rows;
  if (!first || !areCompletions(Object.keys(first))) return;
  sink.groups(numberOf(first.step) ?? step, groupsOf(rows.map((row) => completionOf(row))), true);
}

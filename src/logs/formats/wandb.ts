/** W&B runs on disk, of `WANDB_MODE=offline` or before they are uploaded. */
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { isInside, parseObjectWithGaps, readRegularFileSync } from '../../runs/protocol/index.js';
import { areCompletions, completionOf, groupsOf, numberOf } from './group-rows.js';
import { filesBelow, firstBytes, isFolder, modified, readEach, readGrowing } from './growing.js';
import { type FoundRun, LogError, type LogFormat, type LogSink } from './log.js';
import { StepCounter } from './step-counter.js';
import {
  blockBytes,
  decodeWandb,
  fileHeaderBytes,
  plainNumber,
  readWandbRecords,
  type WandbItem,
  type WandbRecord,
  wandbMagic,
} from './wandb-records.js';

const isRunFile = (name: string): boolean => name.endsWith('.wandb');

async function runOf(file: string, root: string): Promise<FoundRun | null> {
  const head = await firstBytes(file, 4 * blockBytes);
  if (head.toString('latin1', 0, wandbMagic.length) !== wandbMagic) {
    // It has just been created.
    if (wandbMagic.startsWith(head.toString('latin1'))) return null;
    throw new LogError(
      `${file}: not a file of W&B, which begins with "${wandbMagic}"`,
      'Specify a run-*.wandb.',
    );
  }
  let name = '';
  let started = 0;
  readWandbRecords(head.subarray(fileHeaderBytes), fileHeaderBytes, (data, place) => {
    const { run } = decode(file, data, place);
    if (!run) return;
    name ||= run.displayName || run.runId || '';
    started ||= plainNumber(run.startTime?.seconds);
  });
  return {
    format: 'wandb',
    source: file,
    run: '',
    name: name || (root === file ? '' : relative(root, dirname(file))) || basename(file, '.wandb'),
    created: started > 0 ? 1000 * started : await modified(file),
  };
}

export const wandb: LogFormat = {
  name: 'wandb',
  title: 'W&B',
  depth: 0,

  async find(path) {
    const files = (await isFolder(path)) ? await filesBelow(path, isRunFile, 4) : [path].filter(isRunFile);
    const runs: FoundRun[] = [];
    // One that is damaged leaves the others to be read.
    await readEach(files, new AbortController().signal, async (file) => {
      const run = await runOf(file, path);
      if (run) runs.push(run);
    }).catch((error: unknown) => {
      if (runs.length === 0) throw error;
    });
    return runs;
  },

  async read({ source }, marks, sink, signal) {
    if (Number(marks.file ?? 0) === 0) marks.file = fileHeaderBytes;
    const steps = new StepCounter(marks);
    await readGrowing(source, 'file', marks, signal, ({ bytes, offset, size }) => {
      const { next, damaged } = readWandbRecords(bytes, offset, (data, place) =>
        takeRecord(source, decode(source, data, place), steps, sink),
      );
      if (damaged !== null) throw damage(source, damaged);
      sink.progress(next / size);
      return next - offset;
    });
  },
};

function takeRecord(
  source: string,
  { history, config, run }: WandbRecord,
  steps: StepCounter,
  sink: LogSink,
): void {
  const settings = settingsOf([...(run?.config?.update ?? []), ...(config?.update ?? [])]);
  if (Object.keys(settings).length > 0) sink.facts({ settings });
  if (run) sink.facts({ tags: run.tags ?? [], ...(run.notes && { notes: run.notes }) });
  if (!history) return;
  const items = new Map((history.item ?? []).map((item) => [nameOf(item), parsedValue(item)]));
  const { values, tables } = partsOf(items);
  const time = values.get('_timestamp') ?? null;
  const step = steps.of(values, values.get('_step') ?? plainNumber(history.step?.num));
  if (values.size > 0) sink.values(step, time, values);
  for (const path of tables) takeTable(source, path, step, sink);
}

function decode(file: string, data: Buffer, place: number) {
  try {
    return decodeWandb(data);
  } catch {
    throw new LogError(
      `${file}, offset ${place}: a record that W&B's schema does not know`,
      'It was written by another version of wandb: update G2RL Lab, or export the run with "wandb sync".',
    );
  }
}

const damage = (file: string, place: number): LogError =>
  new LogError(
    `${file}, offset ${place}: the checksum of a record is wrong`,
    'What stands before it was read. The file is damaged there: copy it again from where it was written.',
  );

const nameOf = ({ key, nestedKey = [] }: WandbItem): string =>
  nestedKey.length > 0 ? nestedKey.join('.') : (key ?? '');

function parsedValue({ valueJson }: WandbItem): unknown {
  try {
    return JSON.parse(valueJson ?? 'null');
  } catch {
    // Python's NaN and infinities.
    return null;
  }
}

/** Numbers, and the files of tables; what else describes an image or a table is neither. */
function partsOf(items: ReadonlyMap<string, unknown>): { values: Map<string, number>; tables: string[] } {
  const media = [...items.keys()].flatMap((name) => /^(.*)\._type$/.exec(name)?.[1] ?? []);
  const isOfMedia = (name: string) => media.some((one) => name.startsWith(`${one}.`));
  const values = new Map<string, number>();
  for (const [name, value] of items) {
    const number = numberOf(value);
    if (number !== null && !isOfMedia(name)) values.set(name, number);
  }
  const tables = media
    .filter((one) => items.get(`${one}._type`) === 'table-file')
    .flatMap((one) => items.get(`${one}.path`) ?? [])
    .filter((path) => typeof path === 'string');
  return { values, tables };
}

const tableSchema = z.looseObject({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())) });

/** The completions of TRL; other tables are left out. */
function takeTable(source: string, path: string, step: number, sink: LogSink): void {
  if (!isInside(path)) return;
  const file = join(dirname(source), 'files', path);
  let text: string;
  try {
    text = readRegularFileSync(file);
  } catch {
    sink.skipped(`${file} cannot be read: its table is left out`);
    return;
  }
  const table = tableSchema.safeParse(parseObjectWithGaps(text)).data;
  if (!table || !areCompletions(table.columns)) return;
  const rows = table.data.map((row) =>
    Object.fromEntries(table.columns.map((name, index) => [name, row[index]])),
  );
  const own = numberOf(rows[0]?.step);
  sink.groups(own ?? step, groupsOf(rows.map((row) => completionOf(row))), true);
}

function settingsOf(items: readonly WandbItem[]): Record<string, unknown> {
  return Object.fromEntries(
    items
      .filter((item) => !nameOf(item).startsWith('_wandb'))
      .map((item) => [nameOf(item), parsedValue(item)]),
  );
}

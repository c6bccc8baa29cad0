/**
 * verl: `trainer.rollout_data_dir` has a file of responses for each step, the logger "file" a line of metrics for each,
 * and the logger "console" a line of text.
 */
import { basename, dirname, relative, sep } from 'node:path';
import { isObject, type JsonObject, parseObjectWithGaps } from '../../runs/protocol/index.js';
import { groupsByKey, numberIn, numberOf, textOf } from './group-rows.js';
import { filesBelow, firstBytes, isFolder, modified, readEach, readLines, signature } from './growing.js';
import { type FoundRun, LogError, type LogFormat, type LogSink, type Marks } from './log.js';

const rolloutFile = /^(\d+)\.jsonl$/;
const consoleFile = /\.(log|out|txt)$/;
/** `step:3 - actor/entropy:1.2 - …`, after whatever Ray writes before it. */
const consoleLine = /\bstep:(\d+) - (\S+:\S+(?: - \S+:\S+)*)/;
const validationFolder = /(^|[_-])val(id(ation)?)?([_-]|$)/i;
const probeBytes = 256 * 1024;

/** The first line of a file as an object; null where it is none. */
async function firstObject(file: string): Promise<JsonObject | null> {
  const text = (await firstBytes(file, probeBytes)).toString('utf8');
  const end = text.indexOf('\n');
  return end < 0 ? null : parseObjectWithGaps(text.slice(0, end));
}

const isRollout = (row: JsonObject | null): boolean =>
  row !== null && 'input' in row && 'output' in row && 'score' in row;
const isMetrics = (row: JsonObject | null): boolean =>
  row !== null && Number.isInteger(row.step) && isObject(row.data);

type Kind = 'rollouts' | 'metrics' | 'console';

async function kindOf(file: string): Promise<Kind | null> {
  const name = basename(file);
  if (rolloutFile.test(name)) return isRollout(await firstObject(file)) ? 'rollouts' : null;
  if (name.endsWith('.jsonl')) return isMetrics(await firstObject(file)) ? 'metrics' : null;
  if (!consoleFile.test(name)) return null;
  const text = (await firstBytes(file, 4 * probeBytes)).toString('utf8');
  return /\bstep:\d+ - .*\b(actor|critic|timing_s)\//.test(text) ? 'console' : null;
}

async function runOf(source: string, file: string): Promise<FoundRun> {
  const name = basename(source).replace(/\.(jsonl|log|out|txt)$/, '');
  return { format: 'verl', source, run: '', name, created: await modified(file) };
}

/** The deepest folder that all of them are in. */
function commonFolder([first = '', ...others]: readonly string[]): string {
  let common = first;
  const isIn = (folder: string) => `${folder}${sep}`.startsWith(`${common}${sep}`);
  while (!others.every(isIn)) common = dirname(common);
  return common;
}

/** The metrics of a run, or its folder of rollouts, with one of its files. */
interface Part {
  kind: string;
  place: string;
  file: string;
}

const isOneRun = (parts: readonly Part[]): boolean =>
  new Set(parts.map(({ kind }) => kind)).size === parts.length;

const runTogether = (parts: readonly Part[]): Promise<FoundRun> =>
  runOf(
    commonFolder(parts.map(({ kind, place }) => (kind === 'series' ? dirname(place) : place))),
    parts[0]?.file ?? '',
  );

/** The verl files of a folder by kind; responses of validation are not those of the training. */
async function partsOf(folder: string): Promise<Record<Kind, string[]>> {
  const parts: Record<Kind, string[]> = { rollouts: [], metrics: [], console: [] };
  const isPart = (name: string) => name.endsWith('.jsonl') || consoleFile.test(name);
  const folders = new Map<string, Kind | null>();
  for (const file of await filesBelow(folder, isPart, depth)) {
    if (dirname(file) !== folder && validationFolder.test(basename(dirname(file)))) continue;
    // Of a folder of rollouts one file says what all are.
    const isStep = rolloutFile.test(basename(file));
    const kind = isStep && folders.has(dirname(file)) ? folders.get(dirname(file)) : await kindOf(file);
    if (isStep) folders.set(dirname(file), kind ?? null);
    if (kind) parts[kind].push(file);
  }
  return parts;
}

async function partOf(file: string): Promise<Record<Kind, string[]>> {
  const parts: Record<Kind, string[]> = { rollouts: [], metrics: [], console: [] };
  parts[(await kindOf(file)) ?? 'metrics'].push(file);
  return parts;
}

/** A run may have its rollouts, and its metrics, in folders of their own. */
const depth = 2;

export const verl: LogFormat = {
  name: 'verl',
  title: 'verl',
  depth,

  async find(path) {
    if (!(await isFolder(path))) {
      const kind = await kindOf(path);
      if (kind === null) return [];
      return [kind === 'rollouts' ? await runOf(dirname(path), path) : await runOf(path, path)];
    }
    const { rollouts, metrics, console } = await partsOf(path);
    const parts: Part[] = [
      ...(metrics.length > 0 ? metrics : console).map((file) => ({ kind: 'series', place: file, file })),
      ...Array.from(Map.groupBy(rollouts, dirname), ([place, [file = place]]) => ({
        kind: 'rollouts',
        place,
        file,
      })),
    ];
    if (isOneRun(parts)) return parts.length > 0 ? [await runTogether(parts)] : [];
    // A folder of several runs: what stands in one of its folders is one, if there is one of each kind.
    const below = [...Map.groupBy(parts, ({ place }) => relative(path, place).split(sep)[0]).values()];
    return Promise.all(
      below.flatMap((of) =>
        of.length > 1 && isOneRun(of) ? runTogether(of) : of.map(({ place, file }) => runOf(place, file)),
      ),
    );
  },

  async read({ source }, marks, sink, signal) {
    const { rollouts, metrics, console } = (await isFolder(source))
      ? await partsOf(source)
      : await partOf(source);
    const key = (file: string) => relative(dirname(source), file);
    const stepOf = (file: string) => Number(rolloutFile.exec(basename(file))?.[1]);
    rollouts.sort((a, b) => stepOf(a) - stepOf(b));
    const ofSteps = new Set(rollouts);
    const series = metrics.length > 0 ? metrics : console;
    const readSeries = metrics.length > 0 ? readMetrics : readConsole;
    await readEach([...series, ...rollouts], signal, async (file) => {
      if (!ofSteps.has(file)) {
        await readSeries(file, key(file), marks, sink, signal);
        return;
      }
      const sign = await signature(file);
      if (marks[key(file)] === sign) return;
      await readRollouts(file, sink, signal);
      marks[key(file)] = sign;
    });
  },
};

async function readMetrics(
  file: string,
  key: string,
  marks: Marks,
  sink: LogSink,
  signal: AbortSignal,
): Promise<void> {
  await readLines(file, key, marks, signal, (bytes, number, share) => {
    const row = parseObjectWithGaps(bytes);
    if (!isMetrics(row) || !isObject(row?.data)) {
      sink.skipped(`${file}, line ${number}: not {"step": …, "data": {…}}`);
      return;
    }
    sink.values(Number(row.step), null, numbersOf(row.data));
    sink.progress(share);
  });
}

const numbersOf = (values: JsonObject): [string, number][] =>
  Object.entries(values).flatMap(([name, value]): [string, number][] => {
    const number = numberOf(value);
    return number === null ? [] : [[name, number]];
  });

async function readConsole(
  file: string,
  key: string,
  marks: Marks,
  sink: LogSink,
  signal: AbortSignal,
): Promise<void> {
  await readLines(file, key, marks, signal, (bytes, _number, share) => {
    const found = consoleLine.exec(bytes.toString('utf8'));
    if (!found) return;
    const values = (found[2] ?? '').split(' - ').flatMap((part): [string, number][] => {
      const colon = part.lastIndexOf(':');
      // NumPy's numbers are printed with their type.
      const text = part.slice(colon + 1).replace(/^np\.\w+\((.*)\)$/, '$1');
      const value = Number(text);
      return text === '' || Number.isNaN(value) ? [] : [[part.slice(0, colon), value]];
    });
    sink.values(Number(found[1]), null, values);
    sink.progress(share);
  });
}

/** The responses of a step. A last line that is cut off is left out until the file changes. */
async function readRollouts(file: string, sink: LogSink, signal: AbortSignal): Promise<void> {
  const rows: Parameters<typeof groupsByKey>[0][number][] = [];
  await readLines(file, 'file', {}, signal, (bytes, number) => {
    const row = parseObjectWithGaps(bytes);
    if (row === null || !isRollout(row)) {
      throw new LogError(
        `${file}, line ${number}: not a response with "input", "output" and "score"`,
        'Specify the folder of trainer.rollout_data_dir. Move other files away.',
      );
    }
    const prompt = textOf(row.input);
    rows.push({
      // From 0.9 on a response has its prompt's id, with the number of its session and of the output in it.
      key: typeof row.uid === 'string' ? row.uid.replace(/_\d+_\d+$/, '') : prompt,
      prompt,
      response: {
        text: textOf(row.output),
        reward: numberIn(row.score),
        ...(typeof row.pred === 'string' && { answer: row.pred }),
      },
    });
  });
  const step = Number(rolloutFile.exec(basename(file))?.[1]);
  if (rows.length > 0) sink.groups(step, groupsByKey(rows), true);
}

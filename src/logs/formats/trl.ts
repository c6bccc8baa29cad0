/**
 * TRL, and other trainers of transformers: an output folder with checkpoints, each with the whole history so far in its
 * `trainer_state.json`; completions; and the event files that the trainer writes beside them, which are ahead of it.
 */
import { createHash } from 'node:crypto';
import { basename, dirname, join, relative } from 'node:path';
import { reasonOf } from '../../errors.js';
import { rewardOfMean } from '../../reward-names.js';
import {
  isObject,
  type JsonObject,
  parseObjectWithGaps,
  readRegularFileSync,
} from '../../runs/protocol/index.js';
import { completionsFile, readCompletions } from './completions.js';
import { numberOf } from './group-rows.js';
import { filesBelow, isFolder, modified, namesOf, readEach, signature } from './growing.js';
import { type FoundRun, LogError, type LogFormat, type LogSink, type Marks, SourceReplaced } from './log.js';
import { readEvents } from './tensorboard.js';

const stateFile = 'trainer_state.json';
const checkpoint = /^checkpoint-(\d+)$/;
const completionsFolder = 'completions';
/** Where transformers writes event files. */
export const eventsFolder = 'runs';
/** Of one state, the history of some hundred thousand steps. */
const mostStateBytes = 500 * 2 ** 20;

/** The output folder that a file of it belongs to; null for other files. */
function folderOf(file: string): string | null {
  const folder = dirname(file);
  if (basename(file) === stateFile) return checkpoint.test(basename(folder)) ? dirname(folder) : folder;
  return completionsFile.test(basename(file)) ? dirname(folder) : null;
}

async function runOf(folder: string, root: string): Promise<FoundRun> {
  const parts = [await newestState(folder), ...(await completionsOf(folder))].filter((path) => path !== null);
  const times = await Promise.all(parts.map(modified));
  const name = relative(root, folder) || basename(folder);
  return { format: 'trl', source: folder, run: '', name, created: Math.min(...times, Date.now()) };
}

/** The state with most of the history; null before the first checkpoint. */
async function newestState(folder: string): Promise<string | null> {
  const names = await namesOf(folder);
  const own = names.includes(stateFile) ? [join(folder, stateFile)] : [];
  const steps = names.flatMap((name) => Number(checkpoint.exec(name)?.[1] ?? []));
  const checkpoints = steps.sort((a, b) => b - a).map((step) => join(folder, `checkpoint-${step}`));
  // The folder's own is written at the end of the training.
  for (const path of [...own, ...checkpoints.map((one) => join(one, stateFile))]) {
    if ((await namesOf(dirname(path))).includes(stateFile)) return path;
  }
  return null;
}

async function completionsOf(folder: string): Promise<string[]> {
  const inside = join(folder, completionsFolder);
  return (await namesOf(inside))
    .filter((name) => completionsFile.test(name))
    .sort((a, b) => stepOf(a) - stepOf(b))
    .map((name) => join(inside, name));
}

export const trl: LogFormat = {
  name: 'trl',
  title: 'TRL',
  depth: 4,

  async find(path) {
    if (!(await isFolder(path))) {
      const folder = folderOf(path);
      return folder === null ? [] : [await runOf(folder, folder)];
    }
    const files = await filesBelow(path, (name) => name === stateFile || completionsFile.test(name), 4);
    const folders = new Set(files.flatMap((file) => folderOf(file) ?? []));
    return Promise.all([...folders].map((folder) => runOf(folder, path)));
  },

  async read({ source }, marks, sink, signal) {
    const state = await newestState(source);
    const events = await filesBelow(join(source, eventsFolder), (name) => name.includes('.tfevents.'), 3);
    const isEvents = new Set(events);
    const files = [...(state ? [state] : []), ...events, ...(await completionsOf(source))];
    await readEach(files, signal, async (file) => {
      if (file === state) await readState(file, marks, sink);
      else if (isEvents.has(file))
        await readEvents(file, relative(source, file), marks, sink, signal, stateName);
      else await takeCompletions(file, relative(source, file), marks, sink);
    });
  },
};

/** Trackers get the names of an evaluation with a slash, and all others with `train/` in front. */
const trackedName = (name: string): string => name.replace(/^(eval|test)_/, '$1/');
const stateName = (tracked: string): string => tracked.replace(/^train\//, '');

async function takeCompletions(file: string, key: string, marks: Marks, sink: LogSink): Promise<void> {
  const sign = await signature(file);
  if (marks[key] === sign) return;
  const rewards = String(marks.rewards ?? '')
    .split(' ')
    .filter(Boolean);
  const groups = await readCompletions(file, (name) => rewards.length === 0 || rewards.includes(name));
  if (groups === null) return;
  sink.groups(stepOf(file), groups, true);
  marks[key] = sign;
}

const stepOf = (file: string): number => Number(completionsFile.exec(basename(file))?.[1]);

async function readState(file: string, marks: Marks, sink: LogSink): Promise<void> {
  const sign = `${file} ${await signature(file)}`;
  if (marks.state === sign) return;
  const state = parsed(file);
  // A checkpoint that is written just now.
  if (state === null) return;
  const { log_history: history, max_steps: totalSteps } = state;
  if (!Array.isArray(history)) {
    throw new LogError(`${file}: log_history is missing`, 'Specify a trainer_state.json of transformers.');
  }
  const before = Number(marks.entries ?? 0);
  // A training that was resumed goes on from an earlier step: what it had after that is replaced.
  if (before > 0 && marks.entry !== signOf(history[before - 1])) throw new SourceReplaced();
  for (const [index, entry] of history.slice(before).entries()) {
    const step: unknown = isObject(entry) ? entry.step : undefined;
    if (!isObject(entry) || !Number.isInteger(step)) {
      sink.skipped(`${file}, entry ${before + index + 1} of log_history: has no step`);
      continue;
    }
    const values = Object.entries(entry).flatMap(([name, value]): [string, number][] => {
      const number = numberOf(value);
      return name === 'step' || number === null ? [] : [[trackedName(name), number]];
    });
    sink.values(Number(step), null, values);
  }
  const rewards = history.flatMap((entry: unknown) => (isObject(entry) ? Object.keys(entry) : []));
  const names = rewards.flatMap((name) => rewardOfMean(name) ?? []);
  if (names.length > 0) marks.rewards = [...new Set(names)].join(' ');
  const policy = policyOf(dirname(file));
  sink.facts({
    ...(Number.isInteger(totalSteps) && { totalSteps: Number(totalSteps) }),
    ...(policy !== null && { settings: { model_name_or_path: policy } }),
  });
  marks.entries = history.length;
  if (history.length > 0) marks.entry = signOf(history.at(-1));
  marks.state = sign;
}

const signOf = (entry: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(entry) ?? '')
    .digest('hex')
    .slice(0, 16);

/** Null while the file is still written. */
function parsed(file: string): JsonObject | null {
  try {
    const text = readRegularFileSync(file, mostStateBytes);
    const value = parseObjectWithGaps(text);
    if (value === null && /[}\]]\s*$/.test(text.slice(-100))) {
      throw new LogError(`${file}: not a JSON object`, 'Copy it again from where it was written.');
    }
    return value;
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError(`${file} cannot be read (${reasonOf(error)}).`, 'Check the file and its folder.');
  }
}

/** The model that an adapter of the checkpoint belongs to, or that its configuration names; null where none is named. */
function policyOf(folder: string): string | null {
  for (const [name, field] of [
    ['adapter_config.json', 'base_model_name_or_path'],
    ['config.json', '_name_or_path'],
  ] as const) {
    try {
      const value = parseObjectWithGaps(readRegularFileSync(join(folder, name)))?.[field];
      if (typeof value === 'string' && value !== '') return value;
    } catch {
      // It is not there.
    }
  }
  return null;
}

/** Which runs a file or folder of logs holds. */
import { dirname, join, resolve, sep } from 'node:path';
import {
  eventsFolder,
  type FormatName,
  type FoundRun,
  harness,
  isFolder,
  isRunFolder,
  isTable,
  LogError,
  type LogFormat,
  namesOf,
  type TableMap,
  table,
  tensorboard,
  trackio,
  trl,
  verl,
  wandb,
} from './formats/index.js';

/** Those that recognise a file for certain come first. */
const formats: readonly LogFormat[] = [trl, wandb, trackio, verl, harness, tensorboard, table];

export function formatOf(name: FormatName): LogFormat {
  const format = formats.find((one) => one.name === name);
  if (!format) throw new Error(`There is no format "${name}".`);
  return format;
}

/**
 * The runs of a file, or of a folder and the folders in it, in the order of their sources.
 * @throws LogError where there is none, or a file is damaged
 */
export async function findLogs(path: string): Promise<FoundRun[]> {
  const place = resolve(path);
  const isFile = !(await isFolder(place));
  const own = await ownRunOf(place, isFile);
  if (own !== null) {
    throw new LogError(
      `${own} is a run of G2RL Lab already.`,
      'Open the folder that its .g2rl is in, or specify where it is with --runs.',
    );
  }
  const found: FoundRun[] = [];
  let damage: LogError | null = null;
  for (const format of formats) {
    // In a folder one damaged file does not keep the other logs back.
    const runs = await format.find(place).catch((error: unknown) => {
      if (isFile || !(error instanceof LogError)) throw error;
      damage ??= error;
      return [];
    });
    // A trainer of transformers keeps event files in its folder, which are read with its checkpoints.
    found.push(...runs.filter((run) => !found.some((one) => isWithin(run, one))));
    if (isFile && found.length > 0) break;
  }
  if (found.length > 0) return found.sort((a, b) => compared(a.source, b.source) || compared(a.name, b.name));
  if (damage) throw damage;
  throw await nothingIn(place, isFile);
}

/** The run of ours that a folder is, or that a file lies in; null for all others. */
async function ownRunOf(place: string, isFile: boolean): Promise<string | null> {
  const folder = isFile ? dirname(place) : place;
  return isRunFolder(await namesOf(folder)) ? folder : null;
}

async function nothingIn(place: string, isFile: boolean): Promise<LogError> {
  if (isFile && /\.(gz|zip|zst|bz2|xz)$/i.test(place)) {
    return new LogError(`${place} is compressed.`, 'Unpack it first, as with "gunzip".');
  }
  if (isFile && /\.json$/i.test(place)) {
    return new LogError(
      `${place} is no JSON of a program that G2RL Lab knows.`,
      'Write an array of rows as JSON Lines, one object per line: jq -c .[] FILE.json > FILE.jsonl',
    );
  }
  if (!isFile) {
    const names = await namesOf(place);
    const table = [...names].find(isTable);
    if (table !== undefined) {
      return new LogError(
        `${place} holds no log that G2RL Lab knows, but tables.`,
        `Tables are read one by one. Specify a file, such as ${join(place, table)}.`,
      );
    }
    for (const name of names) {
      if (!isRunFolder(await namesOf(join(place, name)))) continue;
      return new LogError(
        `${place} has runs of G2RL Lab, and no log of another program.`,
        'Open the folder that its .g2rl is in, or specify where they are with --runs.',
      );
    }
  }
  return new LogError(
    `${place} holds no log that G2RL Lab knows.`,
    'It reads output folders of TRL, rollouts and metrics of verl, TensorBoard event files, stores of trackio, offline runs of W&B, results of lm-evaluation-harness, and single files of JSON Lines or CSV.',
  );
}

/** A run of a table with what a person says of its columns; any other as it is. */
export const withMap = (run: FoundRun, map: TableMap | undefined): FoundRun =>
  map && run.format === 'table' ? { ...run, map } : run;

const isWithin = (run: FoundRun, other: FoundRun): boolean =>
  run.format === 'tensorboard' &&
  other.format === 'trl' &&
  run.source.startsWith(join(other.source, eventsFolder, sep));

const compared = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

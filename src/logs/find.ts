/** Which runs a file or folder of logs holds. */
import { join, resolve, sep } from 'node:path';
import {
  eventsFolder,
  type FormatName,
  type FoundRun,
  harness,
  isFolder,
  LogError,
  type LogFormat,
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
  const found: FoundRun[] = [];
  for (const format of formats) {
    const runs = await format.find(place);
    // A trainer of transformers keeps event files in its folder, which are read with its checkpoints.
    found.push(...runs.filter((run) => !found.some((one) => isWithin(run, one))));
    if (isFile && found.length > 0) break;
  }
  if (found.length > 0) return found.sort((a, b) => compared(a.source, b.source) || compared(a.name, b.name));
  throw new LogError(
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

/** `g2rl again` and `g2rl settings`: a run's settings started once more, or as an experiment file. */
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { nextSeed, settingsOfRun, startTraining } from '../actions/index.js';
import { InputError } from '../errors.js';
import { findRun } from '../runs/read/index.js';
import { hostOf, newRunOfSettings, runsDirectory } from './context.js';
import { interruptedExitCode, terminal } from './terminal.js';
import { runBefore, type TrainOptions, watchToEnd } from './train.js';

export async function again(
  query: string,
  { nextSeed: wantsSeed, ...options }: TrainOptions & { nextSeed?: boolean },
): Promise<number> {
  const directory = await findRun(runsDirectory(options.runs), query);
  const host = hostOf(options);
  const settings = await settingsOfRun(directory, host);
  const root = dirname(directory);
  const seed = wantsSeed
    ? [`seed=${await nextSeed(settings.experiment, settings.experimentFile, root)}`]
    : [];
  const set = [...seed, ...(options.set ?? [])];
  const after = await runBefore({ ...options, runs: root });
  const newRun = newRunOfSettings(settings, directory, set, after);
  const created = await startTraining(newRun, host, terminal);
  return created ? watchToEnd(created.id, created.directory, options) : interruptedExitCode;
}

/** Without a file the experiment goes to standard output. */
export async function settings(query: string, options: { runs?: string; output?: string }): Promise<number> {
  const directory = await findRun(runsDirectory(options.runs), query);
  const target = options.output === undefined ? null : resolve(options.output);
  const folder = target === null ? process.cwd() : dirname(target);
  const { text } = await settingsOfRun(directory, { mediaDirectory: hostOf({}).mediaDirectory, folder });
  if (target === null) {
    process.stdout.write(text);
    return 0;
  }
  try {
    writeFileSync(target, text, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new InputError(`There is already a file ${target}.`, 'Choose another name, or delete it first.');
  }
  process.stdout.write(`${target}\n`);
  return 0;
}

/** Where this program is, and how an error reads in a terminal. */

import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Host, NewRun, RunSettings } from '../actions/index.js';
import { engineChecks } from '../engines/checks/index.js';
import {
  type Candidate,
  type EnvironmentReport,
  inspectEnvironment,
} from '../engines/torch/environment/index.js';
import { errorText, isFault, KnownError, type Remedy } from '../errors.js';
import {
  type Experiment,
  type ExperimentProblem,
  formatProblem,
  type LoadOptions,
  loadExperiment,
  parseExperiment,
} from '../experiment/index.js';
import { defaultRunsDirectory } from '../runs/protocol/index.js';

/** `dist`, in which the bundled command line and the trainer are side by side. */
const distDirectory = dirname(realpathSync(process.argv[1] ?? '.'));

const mediaDirectory = join(distDirectory, '..', 'media');
/** The Python package of the torch engine, which runs in place. */
export const torchPackage = join(distDirectory, '..', 'src', 'torch');

export function version(): string {
  const text = readFileSync(join(distDirectory, '..', 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}

export function runsDirectory(option: string | undefined): string {
  return resolve(option ?? defaultRunsDirectory);
}

/** The interpreter that a person named, on the command line or in the environment. */
export function chosenPython(option: string | undefined): Candidate | undefined {
  if (option !== undefined) return { path: option, source: '--python' };
  const variable = process.env.G2RL_PYTHON;
  return variable ? { path: variable, source: 'G2RL_PYTHON' } : undefined;
}

export function inspectTorch(chosen: Candidate | undefined): Promise<EnvironmentReport> {
  return inspectEnvironment(torchPackage, { chosen, folders: [process.cwd()] });
}

/** @param python the option of that name */
export function hostOf({ python }: { python?: string }): Host {
  return {
    trainerPath: join(distDirectory, 'trainer.cjs'),
    mediaDirectory,
    torchPackage,
    version: version(),
    inspectTorch: () => inspectTorch(chosenPython(python)),
  };
}

/** A run of an experiment file as it is on disk. Its warnings go to standard error. */
export function newRunOf(
  file: string,
  { set, runs }: { set?: string[]; runs?: string },
  after?: string,
): NewRun {
  return {
    experimentFile: file,
    runsDirectory: runsDirectory(runs),
    after,
    read: async (engine) => {
      const options = { ...loadOptions(set ?? []), ...engine };
      return withWarnings(loadExperiment(file, options));
    },
  };
}

/** The same of a run's settings. @param set overrides, as `key=value` */
export function newRunOfSettings(
  { text, experimentFile }: RunSettings,
  directory: string,
  set: readonly string[],
  after?: string,
): NewRun {
  const file = experimentFile ?? join(directory, 'run.g2rl.json');
  return {
    experimentFile,
    runsDirectory: dirname(directory),
    after,
    read: async (engine) => withWarnings(parseExperiment(text, file, { ...loadOptions(set), ...engine })),
  };
}

export const loadOptions = (set: readonly string[]): LoadOptions => ({ set, mediaDirectory, engineChecks });

/** As a terminal shows it: a setting that does nothing is a note. */
export const warningLine = (warning: ExperimentProblem): string =>
  `${warning.unused ? 'note' : 'warning'}: ${formatProblem(warning)}`;

function withWarnings({ experiment, warnings }: ReturnType<typeof loadExperiment>): Experiment {
  // With engine `auto` the file is read again, and the warnings come then.
  if (experiment.engine === 'auto') return experiment;
  for (const warning of warnings) process.stderr.write(`${warningLine(warning)}\n`);
  return experiment;
}

const remedies: Record<Remedy['kind'], string> = {
  setup: 'Run "g2rl setup" to see what is missing, "g2rl setup --install" to install it.',
  'new-script': 'Run "g2rl slurm" to write one.',
  // The hint names the file.
  'open-script': '',
};

/** Message and hint of an error that a person is meant to read, or null for a defect of this program. */
export function explain(error: unknown): string | null {
  if (isFault(error)) return null;
  if (!(error instanceof KnownError)) return errorText(error);
  const { message, hint, remedy } = error;
  const next = [hint, remedy === null ? '' : remedies[remedy.kind]].filter(Boolean).join(' ');
  return next === '' ? message : `${message}\n  ${next}`;
}

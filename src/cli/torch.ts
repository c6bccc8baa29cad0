/** What a torch run needs before it starts from the terminal. */
import { engineChecks } from '../engines/checks/index.js';
import { type EnvironmentReport, inspectEnvironment } from '../engines/torch/environment/index.js';
import { chooseEngine, planTorch } from '../engines/torch/plan/index.js';
import { formatProblem, type LoadedExperiment, loadExperiment } from '../experiment/index.js';
import type { CreateRunOptions } from '../runs/control/index.js';
import { mediaDirectory, torchPackage } from './context.js';
import { chosenPython } from './setup.js';

export interface ReadyExperiment extends Pick<CreateRunOptions, 'experiment' | 'torch' | 'engineReason'> {
  /** Interpreter of the torch engine; absent for the embedded one. */
  python?: string;
}

export interface ReadyOptions {
  set: readonly string[];
  python: string | undefined;
}

const inspect = (python: string | undefined): Promise<EnvironmentReport> =>
  inspectEnvironment(torchPackage, { chosen: chosenPython(python), folders: [process.cwd()] });

/** Reads an experiment and finds what runs it. What is worth knowing goes to standard error. @throws for people */
export async function readyExperiment(file: string, { set, python }: ReadyOptions): Promise<ReadyExperiment> {
  let loaded: LoadedExperiment = loadExperiment(file, { set, mediaDirectory, engineChecks });
  let report: EnvironmentReport | null = null;
  let engineReason: string | undefined;
  if (loaded.experiment.engine === 'auto') {
    report = await inspect(python);
    const choice = chooseEngine(report);
    engineReason = choice.reason;
    process.stderr.write(`${choice.reason}\n`);
    loaded = loadExperiment(file, { set, mediaDirectory, engineChecks, auto: choice.engine });
  }
  for (const warning of loaded.warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`);
  const { experiment } = loaded;
  const reason = engineReason !== undefined && { engineReason };
  if (experiment.engine !== 'torch') return { experiment, ...reason };
  const plan = planTorch(experiment, report ?? (await inspect(python)));
  for (const warning of plan.warnings) process.stderr.write(`warning: ${warning}\n`);
  return { experiment, torch: plan, python: plan.python, ...reason };
}

/** The interpreter that can run an experiment. @throws for people */
export async function pythonFor(
  experiment: CreateRunOptions['experiment'],
  python: string | undefined,
): Promise<string> {
  return planTorch(experiment, await inspect(python)).python;
}

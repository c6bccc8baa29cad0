/** Start: from an experiment file to a run whose trainer is alive. */

import { basename, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { foreseeDevice, memoryWarning } from '../engines/devices/index.js';
import type { EnvironmentReport } from '../engines/torch/environment/index.js';
import { chooseEngine, planTorch, type TorchPlan } from '../engines/torch/plan/index.js';
import type { Experiment, LoadOptions } from '../experiment/index.js';
import {
  type CreatedRun,
  type CreateRunOptions,
  createRun,
  runProcess,
  startTrainer,
} from '../runs/control/index.js';
import { readManifest } from '../runs/protocol/index.js';
import { listRunFolders } from '../runs/read/index.js';
import { engineProgram, type Host, rewardPlaceFor } from './host.js';
import type { Ui } from './ui.js';

/** What a run is made from. */
export interface NewRun {
  /** Null when it is made from a run that had none. */
  experimentFile: string | null;
  /**
   * Reads the experiment for an engine and shows what is wrong with it and what it warns of.
   * @throws KnownError when it cannot be run
   */
  read(engine: Pick<LoadOptions, 'auto' | 'engine'>): Promise<Experiment>;
  /** Folder to store the runs in. */
  runsDirectory: string;
  /** Id of a run in that folder that it starts after. */
  after?: string | undefined;
}

/** An experiment and what it is started with. */
interface Ready extends Pick<CreateRunOptions, 'experiment' | 'engineReason'> {
  /** Null for the embedded engine. */
  plan: TorchPlan | null;
}

/**
 * @returns null when the person decided against it; nothing was written then
 * @throws KnownError
 */
export async function startTraining(newRun: NewRun, host: Host, ui: Ui): Promise<CreatedRun | null> {
  const { plan, ...ready } = await makeReady(newRun, host, ui);
  if (!(await confirmPlan(await warningsOf(ready.experiment, plan, host), ui))) return null;
  const foreseen = plan ? null : await foreseeDevice(ready.experiment, engineProgram(host));
  if (foreseen !== null) ui.info(foreseen);
  const { experimentFile, runsDirectory, after } = newRun;
  if (after === undefined && !(await confirmAnother(newRun, ui))) return null;
  const { mediaDirectory, version, trainerPath, torchPackage } = host;
  const torch = plan
    ? { python: plan.python, packageFolder: torchPackage }
    : await rewardPlaceFor(ready.experiment, host);
  const created = await createRun({
    ...ready,
    ...(plan && { torch: plan }),
    experimentFile,
    runsDirectory,
    after,
    mediaDirectory,
    version,
  });
  await startTrainer(created.directory, {
    trainerPath,
    ...(torch && { torch }),
  });
  return created;
}

async function makeReady({ read }: NewRun, host: Host, ui: Ui): Promise<Ready> {
  let experiment = await read({});
  let report: EnvironmentReport | null = null;
  let reason: Pick<Ready, 'engineReason'> = {};
  if (experiment.engine === 'auto') {
    report = await host.inspectTorch();
    const choice = chooseEngine(report);
    ui.info(choice.reason);
    reason = { engineReason: choice.reason };
    experiment = await read({ auto: choice.engine });
  }
  if (experiment.engine !== 'torch') return { experiment, plan: null, ...reason };
  report ??= await host.inspectTorch();
  return { experiment, plan: planTorch(experiment, report), ...reason };
}

async function warningsOf(experiment: Experiment, plan: TorchPlan | null, host: Host): Promise<string[]> {
  if (plan) return plan.warnings;
  const memory = await memoryWarning(experiment, engineProgram(host));
  return memory === null ? [] : [memory];
}

/** Asks before starting what probably will not work, or only slowly. */
async function confirmPlan([first, ...others]: readonly string[], ui: Ui): Promise<boolean> {
  return first === undefined || ui.confirm(first, others.join('\n'), t('Start Anyway'));
}

/** Two trainers share the processor: that is allowed, but rarely intended. */
async function confirmAnother({ experimentFile, runsDirectory }: NewRun, ui: Ui): Promise<boolean> {
  const running = await runningOf(experimentFile, runsDirectory);
  if (running === null) return true;
  return ui.confirm(
    t('{0} already trains this experiment.', running),
    t('A second run shares the processor with it, and both become slower.'),
    t('Start Another'),
  );
}

/** Id of a run of the same experiment file that has a process on this machine. */
async function runningOf(experimentFile: string | null, runsDirectory: string): Promise<string | null> {
  if (experimentFile === null) return null;
  for (const directory of await listRunFolders(runsDirectory)) {
    if (!(await runProcess(directory))) continue;
    const manifest = await readManifest(directory).catch(() => null);
    if (manifest?.experimentFile === resolve(experimentFile)) return basename(directory);
  }
  return null;
}

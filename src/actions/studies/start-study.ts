/** Starts the runner of a study, new or resumed. */
import { dirname, join } from 'node:path';
import { engineChecks } from '../../engines/checks/index.js';
import { needsRewardPython, planTorch, rewardPython } from '../../engines/torch/plan/index.js';
import { startRunner } from '../../studies/control/index.js';
import type { StudyFolder } from '../../studies/folder/index.js';
import { runExperiment } from '../../studies/plan/index.js';
import type { Host, Ui } from '../index.js';

/**
 * Returns when the runner has the study in hand.
 * @throws {StudyError} when another one has it
 * @throws {EnvironmentError} when this machine lacks what its torch runs need
 */
export async function startStudyRunner(study: StudyFolder, host: Host, ui: Ui): Promise<void> {
  const { trainerPath, mediaDirectory, torchPackage, version } = host;
  const python = await pythonFor(study, host);
  const runnerPath = join(dirname(trainerPath), 'study.cjs');
  const place = { runnerPath, trainerPath, mediaDirectory, torchPackage, version, ...(python && { python }) };
  await startRunner(study, place, ui.log);
}

/** The runner has neither the editor's settings nor the terminal's folder: it is given what they lead to. */
async function pythonFor({ manifest, runs }: StudyFolder, host: Host) {
  const [first] = runs;
  if (!first) return undefined;
  const source = { ...manifest, auto: manifest.engine, mediaDirectory: host.mediaDirectory, engineChecks };
  const experiment = runExperiment(first.arm, first.seed, source);
  if (manifest.engine === 'torch') {
    return { path: planTorch(experiment, await host.inspectTorch()).python, source: 'g2rl study' };
  }
  // Variants may differ in their rewards.
  const asking = runs.map(({ arm, seed }) => runExperiment(arm, seed, source)).find(needsRewardPython);
  if (!asking) return undefined;
  return { path: rewardPython(asking, await host.inspectTorch()), source: 'g2rl study' };
}

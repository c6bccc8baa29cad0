/** Evaluate: scores a checkpoint or model folder on a benchmark, in its own process. */

import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { z } from 'zod';
import { asOneProcess } from '../engines/torch/plan/index.js';
import { InputError } from '../errors.js';
import type { benchmarkRequestSchema, RequestedDevice } from '../experiment/index.js';
import {
  type BenchmarkRecord,
  parseStepName,
  readManifest,
  runOfCheckpoint,
  type TorchPlace,
} from '../runs/protocol/index.js';
import { type Host, torchPlaceFor, wholeExperiment } from './host.js';
import { runTrainerJob } from './trainer-job.js';
import type { Ui } from './ui.js';

export interface Evaluation {
  /** Checkpoint or Hugging Face folder. */
  folder: string;
  /** As an experiment names it; paths absolute. */
  benchmark: z.input<typeof benchmarkRequestSchema>;
  /** Folder or name on the hub, to compare the texts; by default that of the checkpoint's run, if any. */
  embeddingModel?: string;
  /** 0 uses one per core. */
  threads?: number;
  device?: RequestedDevice;
  /** Where the responses are kept when the folder is not a checkpoint of a run. */
  samplesFolder?: string;
}

/**
 * What the editor and the terminal show of a result. The schema of the protocol would do, but then every window loads
 * it with the reader of runs: a bundle is split by files, and both come through one door.
 */
const scoresSchema = z.looseObject({
  step: z.number(),
  benchmark: z.string(),
  k: z.number(),
  pass_at_1: z.number(),
  maj_at_k: z.number(),
  pass_at_k: z.number(),
});
export const evaluationResult = z.custom<BenchmarkRecord>((value) => scoresSchema.safeParse(value).success);

/**
 * The trainer adds the scores of a run's checkpoint to the run's benchmarks.
 * @returns null when the person cancelled it
 * @throws KnownError
 */
export async function evaluateCheckpoint(
  evaluation: Evaluation,
  host: Host,
  ui: Ui,
): Promise<BenchmarkRecord | null> {
  const folder = resolve(evaluation.folder);
  if (!existsSync(folder)) {
    throw new InputError(t('There is no folder {0}.', folder), t('Specify a checkpoint or a model folder.'));
  }
  const { benchmark } = evaluation;
  const step = parseStepName(basename(folder));
  const policy = step === null ? basename(folder) : t('step {0}', step);
  const title =
    benchmark.name === undefined
      ? t('Evaluating {0}', policy)
      : t('Evaluating {0} on {1}', policy, benchmark.name);
  const torch = await torchPlaceOf(folder, host);
  const request = { ...evaluation, folder };
  return runTrainerJob({ kind: 'evaluate', title, request, torch, result: evaluationResult }, host, ui);
}

/** The torch engine for a checkpoint of one of its runs; undefined for all others. */
async function torchPlaceOf(folder: string, host: Host): Promise<TorchPlace | undefined> {
  const run = runOfCheckpoint(folder);
  const manifest = run === null ? null : await readManifest(run).catch(() => null);
  if (run === null || manifest?.engine !== 'torch') return undefined;
  // An evaluation is one process here, however many have trained.
  return torchPlaceFor(asOneProcess(wholeExperiment(run, manifest.experiment)), host);
}

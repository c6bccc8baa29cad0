/** Evaluates a checkpoint with the torch engine: prepares the problems, runs Python, reads its scores. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { InputError, KnownError } from '../../../errors.js';
import type { LoadingHooks } from '../../../hub/index.js';
import {
  type BenchmarkRecord,
  benchmarkSchema,
  type JsonObject,
  parseObject,
  parseStepName,
  readRunnableManifest,
  type TorchPlace,
} from '../../../runs/protocol/index.js';
import type { EvaluationRequest } from '../../contract/index.js';
import { evaluationCommand } from './command.js';
import { prepareBenchmark } from './problems.js';
import { startPython } from './python-process.js';

export interface CheckpointHooks extends LoadingHooks {
  /** Python is at work now. What it says on standard error, progress too, goes to this process's own. */
  onPython(child: ChildProcess): void;
}

/**
 * @param run directory of the run that the checkpoint belongs to
 * @returns null when it was stopped
 * @throws KnownError
 */
export async function evaluateCheckpoint(
  { folder, benchmark, embeddingModel }: EvaluationRequest,
  run: string,
  place: TorchPlace,
  hooks: CheckpointHooks,
): Promise<BenchmarkRecord | null> {
  const problems = mkdtempSync(join(tmpdir(), 'g2rl-problems-'));
  try {
    const { experiment } = await readRunnableManifest(run);
    await prepareBenchmark(problems, benchmark, hooks);
    if (hooks.stopRequested()) return null;
    const request = {
      folder: resolve(folder),
      step: parseStepName(basename(resolve(folder))) ?? 0,
      run,
      problems,
      benchmark: { ...benchmark, maxNewTokens: benchmark.maxNewTokens ?? experiment.rollout.maxNewTokens },
      judge: experiment.task.judge,
      cpu: experiment.torch.cpu,
      // A server has other weights; its own engine has the checkpoint's.
      vllm: experiment.torch.vllm ?? null,
      embeddingModel: embeddingModel ?? experiment.evaluation.embeddingModel ?? null,
    };
    return await recordOf(request, place, hooks);
  } finally {
    rmSync(problems, { recursive: true, force: true });
  }
}

/** The last JSON line of Python's standard output is its record, or its error. */
async function recordOf(
  request: object,
  place: TorchPlace,
  hooks: CheckpointHooks,
): Promise<BenchmarkRecord | null> {
  const command = evaluationCommand(request, {
    ...place,
    parent: process.pid,
    pythonPath: process.env.PYTHONPATH,
  });
  const { child, end } = startPython(command, 'pipe');
  hooks.onPython(child);
  let last: JsonObject = {};
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = parseObject(line) ?? last;
    });
  }
  const { code, signal, spawnError } = await end;
  if (spawnError !== null) {
    throw new InputError(`Python cannot be started: ${spawnError}.`, 'Run "G2RL: Set Up GPU Engine".');
  }
  if (typeof last.error === 'string') throw new KnownError(last.error, String(last.hint ?? ''));
  const record = benchmarkSchema.safeParse(last);
  if (record.success) return record.data;
  if (hooks.stopRequested()) return null;
  const how = code === null ? `was ended by ${signal}` : `ended with code ${code}`;
  throw new KnownError(`Python ${how} and gave no scores.`, 'See its messages.');
}

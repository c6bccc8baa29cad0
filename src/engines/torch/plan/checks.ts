/** Rules between fields that hold for the torch engine. */

import type { CheckReport, CheckReports, Experiment, FieldPath } from '../../../experiment/index.js';
import { readAccelerateConfig, startsOneProcess } from './accelerate-config.js';
import { sequenceTokens } from './memory.js';
import { modelShape } from './model-shape.js';

/** @param experiment paths resolved, so that the policy can be looked at */
export function checkTorch(experiment: Experiment, { error }: CheckReports): void {
  const { method, rollout, torch } = experiment;
  if (method.name === 'evol-rl' && method.embeddingModel === undefined) {
    error(
      ['method', 'embeddingModel'],
      'method.embeddingModel: evol-rl needs one',
      'Specify a sentence-embedding model of the hub, or its folder.',
    );
  }
  if (rollout.groupSize < 2) {
    error(
      ['rollout', 'groupSize'],
      'rollout.groupSize: the torch engine needs groups of at least 2 responses',
      'Use 8 or 16.',
    );
  }
  checkBatch(experiment, error);
  checkAccelerate(experiment, error);
  checkLengths(experiment, error);
  if (torch.vllm && torch.cpu) {
    error(['torch', 'vllm'], 'torch.vllm: vLLM samples on GPUs', 'Remove it, or torch.cpu.');
  }
  const processes = torch.processes * torch.nodes;
  if (torch.vllm?.mode === 'colocate' && processes % torch.vllm.tensorParallel !== 0) {
    error(
      ['torch', 'vllm', 'tensorParallel'],
      `torch.vllm.tensorParallel: ${torch.vllm.tensorParallel} does not divide the ${processes} processes`,
      'Use a divisor of torch.processes × torch.nodes.',
    );
  }
}

/** Prompt and response must fit into the positions of the policy, in training and in benchmarks. */
function checkLengths(experiment: Experiment, error: CheckReport): void {
  const { rollout, evaluation } = experiment;
  const positions = modelShape(experiment.policy)?.positions ?? Number.POSITIVE_INFINITY;
  const most = positions - (sequenceTokens(experiment) - rollout.maxNewTokens);
  const check = (path: FieldPath, field: string, tokens: number) => {
    if (tokens <= most) return;
    error(
      path,
      `${field}: ${tokens} and a prompt are more than the ${positions} positions of the policy`,
      `Use at most ${Math.max(1, most)}.`,
    );
  };
  check(['rollout', 'maxNewTokens'], 'rollout.maxNewTokens', rollout.maxNewTokens);
  evaluation.benchmarks.forEach(({ maxNewTokens }, index) => {
    const path = ['evaluation', 'benchmarks', index, 'maxNewTokens'];
    check(path, `evaluation.benchmarks[${index}].maxNewTokens`, maxNewTokens ?? 0);
  });
}

function checkBatch({ rollout, optimization, torch }: Experiment, error: CheckReport): void {
  const rows = rollout.promptsPerStep * rollout.groupSize;
  const processes = torch.processes * torch.nodes;
  const parts = optimization.minibatches * processes;
  if (rows % parts === 0) return;
  const unit = parts / divisor(parts, rollout.groupSize);
  const near = Math.max(unit, Math.round(rollout.promptsPerStep / unit) * unit);
  error(
    ['rollout', 'promptsPerStep'],
    `rollout.promptsPerStep: ${rollout.promptsPerStep} prompts × ${rollout.groupSize} responses do not divide into ${optimization.minibatches} minibatches on ${processes} processes`,
    `Use ${near} prompts, or change optimization.minibatches or torch.processes.`,
  );
}

/** accelerate takes how processes are started from its configuration alone; what cannot be several is said here. */
function checkAccelerate({ torch }: Experiment, error: CheckReport): void {
  const processes = torch.processes * torch.nodes;
  if (torch.accelerateConfig === undefined || processes === 1) return;
  const config = readAccelerateConfig(torch.accelerateConfig);
  if (!config || !startsOneProcess(config)) return;
  error(
    ['torch', 'accelerateConfig'],
    `torch.accelerateConfig: its distributed_type ${config.distributedType} starts one process, not ${processes}`,
    'Set distributed_type to MULTI_GPU, FSDP or DEEPSPEED in it, or remove torch.accelerateConfig.',
  );
}

/** Greatest common divisor. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Rules between fields that hold for the torch engine. */

import { t } from '@vscode/l10n';
import {
  type CheckReport,
  type CheckReports,
  type Experiment,
  type FieldPath,
  remove,
  setTo,
} from '../../../experiment/index.js';
import { modelShape, sequenceTokens } from '../../memory/index.js';
import { readAccelerateConfig, startsOneProcess } from './accelerate-config.js';

/** @param experiment paths resolved, so that the policy can be looked at */
export function checkTorch(experiment: Experiment, { error }: CheckReports): void {
  const { method, rollout, torch } = experiment;
  if (method.name === 'dirl') checkDirection(method, error);
  if (rollout.groupSize < 2) {
    error(
      ['rollout', 'groupSize'],
      t('rollout.groupSize: the torch engine needs groups of at least 2 responses'),
      t('Use 8 or 16.'),
      setTo(['rollout', 'groupSize'], 16),
      setTo(['rollout', 'groupSize'], 8),
    );
  }
  checkBatch(experiment, error);
  checkAccelerate(experiment, error);
  checkLengths(experiment, error);
  if (torch.vllm && torch.cpu) {
    error(
      ['torch', 'vllm'],
      t('torch.vllm: vLLM samples on GPUs'),
      t('Remove it, or torch.cpu.'),
      remove(['torch', 'vllm']),
      remove(['torch', 'cpu']),
    );
  }
  const processes = torch.processes * torch.nodes;
  if (torch.vllm?.mode === 'colocate' && processes % torch.vllm.tensorParallel !== 0) {
    error(
      ['torch', 'vllm', 'tensorParallel'],
      t(
        'torch.vllm.tensorParallel: {0} does not divide the {1} processes',
        torch.vllm.tensorParallel,
        processes,
      ),
      t('Use a divisor of torch.processes × torch.nodes.'),
      setTo(['torch', 'vllm', 'tensorParallel'], divisor(processes, torch.vllm.tensorParallel)),
    );
  }
}

/** The direction is a file, or follows from two sets of prompts. */
function checkDirection(method: Experiment['method'], error: CheckReport): void {
  const { direction, reasoningPrompts, recallPrompts } = method;
  if (direction !== undefined || (reasoningPrompts !== undefined && recallPrompts !== undefined)) return;
  if (reasoningPrompts === undefined && recallPrompts === undefined) {
    error(
      ['method', 'direction'],
      t('method.direction: dirl needs one'),
      t('Specify a file with the vector, or reasoningPrompts and recallPrompts.'),
    );
    return;
  }
  const missing = reasoningPrompts === undefined ? 'reasoningPrompts' : 'recallPrompts';
  const given = reasoningPrompts === undefined ? 'recallPrompts' : 'reasoningPrompts';
  error(
    ['method', missing],
    t('method.{0}: dirl needs it beside {1}', missing, given),
    t('The direction is the difference of the means over both sets of prompts.'),
  );
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
      t('{0}: {1} and a prompt are more than the {2} positions of the policy', field, tokens, positions),
      t('Use at most {0}.', Math.max(1, most)),
      setTo(path, Math.max(1, most)),
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
    t(
      'rollout.promptsPerStep: {0} prompts × {1} responses do not divide into {2} minibatches on {3} processes',
      rollout.promptsPerStep,
      rollout.groupSize,
      optimization.minibatches,
      processes,
    ),
    t('Use {0} prompts, or change optimization.minibatches or torch.processes.', near),
    setTo(['rollout', 'promptsPerStep'], near),
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
    t(
      'torch.accelerateConfig: its distributed_type {0} starts one process, not {1}',
      config.distributedType ?? 'NO',
      processes,
    ),
    t('Set distributed_type to MULTI_GPU, FSDP or DEEPSPEED in it, or remove torch.accelerateConfig.'),
    remove(['torch', 'accelerateConfig']),
  );
}

/** Greatest common divisor. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

/** Whether this machine can run an experiment on the torch engine, and with what. */

import { KnownError } from '../../../errors.js';
import type { Experiment } from '../../../experiment/index.js';
import { describeMemory, gibibytes, type MemoryEstimate, modelShape } from '../../memory/index.js';
import type { GpuReport } from '../../nvidia/index.js';
import { type EnvironmentReport, missingFor } from '../environment/index.js';
import { readAccelerateConfig } from './accelerate-config.js';
import { estimateMemory } from './memory.js';

export interface TorchPlan {
  /** Interpreter. */
  python: string;
  /** For people: `NVIDIA H100 × 2`. */
  device: string;
  /** Packages that decide the result. */
  versions: Record<string, string>;
  /** What should be known before the start: sentences. */
  warnings: string[];
}

/** The experiment cannot be run on the torch engine here. */
export class EnvironmentError extends KnownError {
  override readonly name = 'EnvironmentError';
}

/** What a single process does for a run of many: evaluates a checkpoint. */
export function asOneProcess(experiment: Experiment): Experiment {
  return { ...experiment, torch: { ...experiment.torch, nodes: 1, processes: 1 } };
}

/** @throws {EnvironmentError} */
export function planTorch(experiment: Experiment, report: EnvironmentReport): TorchPlan {
  const { torch: settings } = experiment;
  const { interpreter, problems } = report;
  const [problem] = problems;
  if (!report.usable || !interpreter?.python) {
    throw new EnvironmentError(
      problem?.message ?? 'There is no environment for the torch engine.',
      problem?.hint,
      { remedy: { kind: 'setup' } },
    );
  }
  if (settings.nodes > 1) {
    throw new EnvironmentError(
      `torch.nodes: ${settings.nodes} machines are not started from here.`,
      'Train it with a Slurm script, or set torch.nodes to 1.',
      { remedy: { kind: 'new-script' } },
    );
  }
  const found = 'gpus' in interpreter.torch ? interpreter.torch.gpus : [];
  const gpus = settings.cpu ? [] : found;
  if (gpus.length > 0 && settings.processes > gpus.length) {
    throw new EnvironmentError(
      `torch.processes: ${settings.processes} processes need a GPU each; ${countOf(gpus.length, report.gpus)}.`,
      `Set torch.processes to ${gpus.length} at most${isHiding(gpus.length, report.gpus) ? ', or name more GPUs in that variable' : ''}.`,
    );
  }
  const warnings =
    settings.cpu || gpus.length > 0 ? [] : problems.map(({ message, hint }) => `${message} ${hint}`);
  warnings.push(...missingFor(experiment, report.optional));
  const [first] = gpus;
  const memory = first ? memoryWarning(experiment, first) : null;
  if (memory !== null) warnings.push(memory);
  const used = Math.max(1, settings.processes);
  return {
    python: interpreter.path,
    device: first ? `${first.name}${used > 1 ? ` × ${used}` : ''}` : 'CPU, PyTorch',
    versions: versionsOf(interpreter.python.version, report),
    warnings,
  };
}

/** Whether `CUDA_VISIBLE_DEVICES` is why torch finds so few. */
const isHiding = (found: number, { gpus, visible }: GpuReport): boolean =>
  visible !== null && found < gpus.length;

function countOf(found: number, report: GpuReport): string {
  return isHiding(found, report)
    ? `CUDA_VISIBLE_DEVICES is "${report.visible}", which leaves ${found} of the ${report.gpus.length} of this machine`
    : `this machine has ${found}`;
}

function versionsOf(python: string, { packages, gpus }: EnvironmentReport): Record<string, string> {
  const wanted = new Set(['torch', 'transformers', 'trl', 'accelerate']);
  const installed = packages.flatMap(({ name, installed: version }) =>
    wanted.has(name) && version !== null ? [[name, version] as const] : [],
  );
  const driver = gpus.driver === null ? [] : [['nvidia-driver', gpus.driver] as const];
  return { python, ...Object.fromEntries([...installed, ...driver]) };
}

/** A sentence when the estimate does not fit, else null. It does not refuse the run: it is only an estimate. */
function memoryWarning(experiment: Experiment, gpu: { name: string; bytes: number }): string | null {
  const shape = modelShape(experiment.policy);
  if (!shape) return null;
  const estimate = estimateMemory(experiment, shape, shards(experiment), gpu.bytes);
  if (estimate.bytes <= gpu.bytes) return null;
  return `Training may not fit: it takes ${describeMemory(estimate)}; ${gpu.name} has ${gibibytes(gpu.bytes)}. To use less: ${remedies(experiment, estimate).join(', ')}.`;
}

/** Settings that make the biggest part smaller. */
function remedies({ torch }: Experiment, { parts: [biggest] }: MemoryEstimate): string[] {
  switch (biggest?.kind) {
    case 'sampling':
      return ['torch.vllm', 'more torch.processes', 'a lower rollout.promptsPerStep or rollout.maxNewTokens'];
    case 'vllm':
      return ['a lower torch.vllm.gpuMemoryUtilization', 'torch.vllm.mode "server" on another GPU'];
    case 'activations':
      return ['a lower torch.rowsPerPass or rollout.maxNewTokens', 'torch.gradientCheckpointing true'];
    default:
      return [
        torch.lora ? '' : 'torch.lora',
        torch.dtype === 'float32' ? 'torch.dtype "bfloat16"' : '',
        'FSDP over more torch.processes, by torch.accelerateConfig',
      ].filter(Boolean);
  }
}

/** Processes that share the weights, as far as accelerate's configuration shows. */
function shards({ torch }: Experiment): number {
  if (torch.accelerateConfig === undefined) return 1;
  const sharded = readAccelerateConfig(torch.accelerateConfig)?.sharded ?? false;
  return sharded ? torch.processes * torch.nodes : 1;
}

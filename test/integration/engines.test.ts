/**
 * The same policy, prompts, responses and rewards fed to both engines: the same features, exploration, shaped rewards,
 * advantages and gradients of an update. What each engine computes is what a run of it computes: this one's whole
 * training step is watched, and the other's trainer is handed the tokens that were sampled here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FeatureProgram } from '../../src/engines/embedded/features.js';
import { writeFolder } from '../../src/engines/embedded/model/checkpoint.js';
import {
  type Policy,
  policyFiles,
  readPolicyFolder,
} from '../../src/engines/embedded/model/policy-folder.js';
import { SafetensorsFile } from '../../src/engines/embedded/model/safetensors.js';
import { AdamW } from '../../src/engines/embedded/optimizer.js';
import { PolicyTrainer } from '../../src/engines/embedded/policy-trainer.js';
import { runtimeOptions } from '../../src/engines/embedded/provider.js';
import { type Experiment, experimentSchema } from '../../src/experiment/schema.js';
import { CounterRandom } from '../../src/random.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type { GroupRecord } from '../../src/runs/protocol/schema.js';
import { trainingPrompts } from '../../src/tasks/prompts.js';
import { countdownTraining } from '../../src/tasks/training.js';
import type { TrainingTask } from '../../src/tasks/types.js';
import { scratch } from '../scratch.js';
import { requirePython, runPython } from './python.js';
import { writeTinyPolicy } from './trainer.js';

const options = runtimeOptions(1);
const [promptsPerStep, groupSize, maxNewTokens] = [4, 8, 12];
/** Both engines compute in float32, in another order; measured: 3e-6 for features, 7e-6 for what follows from them. */
const tolerance = 1e-4;
/** Measured: 2e-6. */
const gradientTolerance = 2e-5;

interface Case {
  /** The pass of the torch engine that its features are taken from. */
  source: 'sampling' | 'scoring';
  rowsPerPass: number;
  temperature?: number;
  method?: Partial<Experiment['method']>;
  optimization?: Partial<Experiment['optimization']>;
}

const cases: Record<string, Case> = {
  signed: { source: 'sampling', rowsPerPass: 16, optimization: { klCoefficient: 0.04 } },
  unit: {
    source: 'sampling',
    rowsPerPass: 16,
    temperature: 0.8,
    method: { shaping: 'unit', uniformGroups: 'all' },
    optimization: {
      klCoefficient: 0.1,
      scaleRewards: 'batch',
      importanceSamplingLevel: 'sequence',
      lossNormalization: 'token',
    },
  },
  eq12: {
    source: 'sampling',
    rowsPerPass: 32,
    temperature: 1.2,
    method: { shaping: 'eq12', uniformGroups: 'none', clip: 1.2 },
    optimization: { klCoefficient: 0, scaleRewards: 'none' },
  },
  'entropy-token': {
    source: 'sampling',
    rowsPerPass: 32,
    method: { name: 'entropy', entropyCoefficient: 0.05 },
    optimization: { klCoefficient: 0.04, lossNormalization: 'token' },
  },
  'entropy-sequence': {
    source: 'sampling',
    rowsPerPass: 32,
    method: { name: 'entropy', entropyCoefficient: 0.05 },
    optimization: { klCoefficient: 0.04, lossNormalization: 'sequence' },
  },
  'pass-at-k': {
    source: 'sampling',
    rowsPerPass: 16,
    method: { name: 'pass-at-k', k: 2 },
    optimization: { klCoefficient: 0.04 },
  },
  // The second epoch has moved away from the policy that sampled: ratios are clipped.
  epochs: {
    source: 'scoring',
    rowsPerPass: 32,
    optimization: { klCoefficient: 0.04, epochs: 2, learningRate: 1e-3, warmupSteps: 0, clipRange: 0.1 },
  },
  'sequence-epochs': {
    source: 'scoring',
    rowsPerPass: 16,
    optimization: {
      klCoefficient: 0.04,
      epochs: 2,
      learningRate: 1e-3,
      warmupSteps: 0,
      clipRange: 0.01,
      importanceSamplingLevel: 'sequence',
    },
  },
};

function experimentOf(policy: string, { temperature, method, optimization }: Case): Experiment {
  return experimentSchema.parse({
    policy,
    device: 'cpu',
    threads: 1,
    method: { lambda: 0.5, ...method },
    rollout: { promptsPerStep, groupSize, maxNewTokens, temperature: temperature ?? 1 },
    // The gradient before clipping is compared, so nothing may be clipped.
    optimization: { steps: 1, gradientClip: 1e9, ...optimization },
  });
}

/** A policy beside the frozen one that it started as. */
interface Start {
  policy: Policy;
  reference: Policy;
  policyFolder: string;
  referenceFolder: string;
}

function perturbed(referenceFolder: string, policyFolder: string): Start {
  const reference = readPolicyFolder(referenceFolder);
  const random = new CounterRandom(11, 12);
  const weights = reference.weights.map((weight) => weight * (1 + 0.1 * (random.next() - 0.5)));
  const policy = { ...reference, weights };
  writeFolder(policyFolder, policyFiles(policy));
  return { policy, reference, policyFolder, referenceFolder };
}

/** Rewards of a policy that is never right: a group of each kind, and mixed ones. */
function forcedTask(task: TrainingTask): TrainingTask {
  const random = new CounterRandom(5, 6);
  let group = 0;
  return {
    ...task,
    async verify(_prompt, responses) {
      const kind = group++;
      return responses.map((answer) => {
        const correct = kind === 0 || (kind > 1 && random.next() < 0.5);
        return { correct, reward: correct ? 1 : -1, answer, reason: '' };
      });
    },
  };
}

interface EngineStep {
  completions: number[][];
  features: Float32Array;
  /** Of each update, in the order of the flat parameter array. */
  gradients: Float32Array[];
  groups: readonly GroupRecord[];
  metrics: StepMetrics;
}

/** One whole step of this engine's trainer, watched. */
async function engineStep(start: Start, experiment: Experiment, task: TrainingTask): Promise<EngineStep> {
  const policy = { ...start.policy, weights: start.policy.weights.slice() };
  const trainer = await PolicyTrainer.create(
    experiment,
    policy,
    start.reference.weights,
    task,
    null,
    null,
    options,
  );
  const feature = vi.spyOn(FeatureProgram.prototype, 'compute');
  const gradients: Float32Array[] = [];
  const update = AdamW.prototype.step;
  vi.spyOn(AdamW.prototype, 'step').mockImplementation(function (this: AdamW, gradient, rate) {
    // The array is used again for the next update.
    gradients.push(gradient.slice());
    return update.call(this, gradient, rate);
  });
  try {
    const { groups, metrics } = await trainer.step(1);
    const [, rollout] = feature.mock.calls[0]!;
    return {
      completions: rollout.responses.map(({ tokens }) => tokens),
      features: (await feature.mock.results[0]!.value) as Float32Array,
      gradients,
      groups,
      metrics,
    };
  } finally {
    vi.restoreAllMocks();
    await trainer.release();
  }
}

interface TorchStep {
  features: number[][];
  exploration: number[];
  scalers: number[];
  shaped: number[];
  advantages: number[];
  /** What TRL logs of each update. */
  updates: Record<string, number>[];
}

/** The comparison says little unless responses differ in length, in how they end and in reward. */
function expectVariety({ groups, metrics }: EngineStep): void {
  expect(groups.some(({ lengths }) => new Set(lengths).size > 1)).toBe(true);
  expect(groups.some(({ rewards }) => new Set(rewards).size > 1)).toBe(true);
  expect(metrics['completions/clipped_ratio']).toBeGreaterThan(0);
  expect(metrics['completions/clipped_ratio']).toBeLessThan(1);
}

/** ‖found − expected‖ */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found).toHaveLength(expected.length);
  let squares = 0;
  for (let i = 0; i < expected.length; i++) squares += (found[i]! - expected[i]!) ** 2;
  return Math.sqrt(squares);
}

const norm = (values: ArrayLike<number>) => distance(values, new Float64Array(values.length));

function largestDifference(found: readonly number[], expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  return Math.max(...found.map((value, index) => Math.abs(value - expected[index]!)));
}

/** The torch engine's gradients of an update, in the order of this engine's flat parameter array. */
function readGradient(file: SafetensorsFile, update: number, { layout }: Policy): Float32Array {
  const gradient = new Float32Array(layout.total);
  for (const { name, offset, size } of layout.parameters) {
    file.readInto(`${update}/${name}`, gradient.subarray(offset, offset + size));
  }
  return gradient;
}

/** The largest error of a weight's gradient, as a share of the whole gradient's norm. */
function gradientError(found: Float32Array, expected: Float32Array, { layout }: Policy): number {
  const errors = layout.parameters.map(({ offset, size }) =>
    distance(found.subarray(offset, offset + size), expected.subarray(offset, offset + size)),
  );
  return Math.max(...errors) / norm(expected);
}

/** The features, and what became of the rewards by them. */
function expectSameRewards(title: string, found: TorchStep, ours: EngineStep, width: number): void {
  for (const [index, row] of found.features.entries()) {
    const expected = ours.features.subarray(index * width, (index + 1) * width);
    const error = distance(row, expected) / norm(expected);
    expect(error, `${title}: feature of response ${index}`).toBeLessThan(tolerance);
  }
  for (const field of ['exploration', 'scalers', 'shaped', 'advantages'] as const) {
    const expected = ours.groups.flatMap((group) => group[field]);
    expect(largestDifference(found[field], expected), `${title}: ${field}`).toBeLessThan(tolerance);
  }
}

/** What both engines log of a step's updates, as means over them. */
function expectSameMetrics(title: string, found: TorchStep, { metrics }: EngineStep): void {
  for (const name of [
    'loss',
    'kl',
    'entropy',
    'grad_norm',
    'clip_ratio/low_mean',
    'clip_ratio/high_mean',
  ] as const) {
    // Without a KL term TRL logs none.
    const values = found.updates.map((update) => update[name] ?? 0);
    const mean = values.reduce((total, value) => total + value, 0) / values.length;
    expect(Math.abs(mean - metrics[name]), `${title}: ${name}`).toBeLessThan(tolerance);
  }
}

const policies = {
  tiny: {
    write: (folder: string) => writeTinyPolicy(folder, 12),
    task: forcedTask,
  },
  countdown: {
    write: () => resolve(import.meta.dirname, '../../media/policies/countdown'),
    task: (task: TrainingTask) => task,
  },
};

interface BothEngines {
  folder: string;
  starts: Map<string, Start>;
  /** This engine's steps by `<policy>-<case>`, which is also what the torch engine's files are called. */
  steps: Map<string, EngineStep>;
}

/** All cases of all policies in both engines; Python is started once. */
async function doSteps(python: string): Promise<BothEngines> {
  const folder = scratch('engines');
  const starts = new Map<string, Start>();
  const steps = new Map<string, EngineStep>();
  const requests: unknown[] = [];
  for (const [policy, { write, task }] of Object.entries(policies)) {
    const start = perturbed(write(join(folder, policy, 'reference')), join(folder, policy, 'policy'));
    starts.set(policy, start);
    for (const [title, one] of Object.entries(cases)) {
      const experiment = experimentOf(start.referenceFolder, one);
      const source = trainingPrompts(experiment.task, 33);
      const step = await engineStep(start, experiment, task(countdownTraining(source)));
      expectVariety(step);
      steps.set(`${policy}-${title}`, step);
      requests.push({
        name: `${policy}-${title}`,
        experiment: { ...experiment, torch: { cpu: true, rowsPerPass: one.rowsPerPass } },
        policy: start.policyFolder,
        source: one.source,
        prompts: source.promptsForStep(1, promptsPerStep).map(({ text }) => text),
        completions: step.completions,
        rewards: step.groups.flatMap(({ rewards }) => rewards),
      });
    }
  }
  writeFileSync(join(folder, 'cases.json'), JSON.stringify(requests));
  runPython(python, ['engine_steps.py', join(folder, 'cases.json'), folder]);
  return { folder, starts, steps };
}

let done: Promise<BothEngines> | undefined;

test.for(Object.keys(policies))('both engines do the same step of the %s policy', async (name, context) => {
  const python = requirePython(context);
  done ??= doSteps(python);
  const { folder, starts, steps } = await done;
  const { policy } = starts.get(name)!;
  for (const [title, one] of Object.entries(cases)) {
    const ours = steps.get(`${name}-${title}`)!;
    const found = JSON.parse(readFileSync(join(folder, `${name}-${title}.json`), 'utf8')) as TorchStep;
    expectSameRewards(title, found, ours, policy.config.hiddenSize);
    const file = SafetensorsFile.open(join(folder, `${name}-${title}.safetensors`));
    expect(found.updates).toHaveLength(ours.gradients.length);
    for (const [update, gradient] of ours.gradients.entries()) {
      const error = gradientError(readGradient(file, update, policy), gradient, policy);
      expect(error, `${title}: gradient of update ${update}`).toBeLessThan(gradientTolerance);
    }
    file.close();
    // TRL's means are those of its passes, which need not have the same number of tokens.
    if (one.rowsPerPass === promptsPerStep * groupSize) expectSameMetrics(title, found, ours);
  }
});

/** How far the results of the two devices are from each other: one gradient, and a short run. */
import { GradientAccumulator } from '../../src/engines/embedded/gradient.js';
import { weightBlocks } from '../../src/engines/embedded/model/blocks.js';
import type { Policy } from '../../src/engines/embedded/model/policy-folder.js';
import { PolicyTrainer } from '../../src/engines/embedded/policy-trainer.js';
import { type RuntimeOptions, runtimeOptions } from '../../src/engines/embedded/provider.js';
import { chunkSequences, type Sequence, scatterToGrid } from '../../src/engines/embedded/sequences.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { trainingPrompts } from '../../src/tasks/prompts.js';
import { countdownTraining } from '../../src/tasks/training.js';

/** ‖a − b‖ / ‖b‖ */
function difference(a: Float32Array, b: Float32Array): number {
  let [squares, norm] = [0, 0];
  for (const [index, value] of b.entries()) {
    squares += (a[index]! - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(squares / norm);
}

async function gradient({ config, layout, weights }: Policy, options: RuntimeOptions): Promise<Float32Array> {
  const blocks = weightBlocks(config, layout);
  const token = (index: number) => 2 + (index % (config.vocabSize - 2));
  const sequences: Sequence[] = Array.from({ length: 32 }, (_, row) => ({
    prompt: Array.from({ length: 12 }, (_, index) => token(Math.floor(row / 8) + index)),
    completion: Array.from({ length: 8 + (row % 16) }, (_, index) => token(3 * row + index)),
  }));
  const accumulator = new GradientAccumulator(config, blocks, { kind: 'supervised' }, options);
  accumulator.reset();
  for (const chunk of chunkSequences(sequences, 16, config.padTokenId)) {
    await accumulator.add(weights, chunk, 1, { weights: scatterToGrid(chunk, sequences, () => 1 / 500) });
  }
  await accumulator.release();
  return accumulator.gradient;
}

const steps = 3;

async function run(policy: Policy, options: RuntimeOptions) {
  const experiment = experimentSchema.parse({
    policy: 'random',
    rollout: { promptsPerStep: 2, groupSize: 8, maxNewTokens: 12 },
    optimization: { epochs: 2, klCoefficient: 0.05, learningRate: 1e-4, warmupSteps: 0 },
  });
  const prompts = countdownTraining(trainingPrompts(experiment.task, 0));
  const start = policy.weights.slice();
  const trainer = await PolicyTrainer.create(experiment, policy, start, prompts, null, null, options);
  const texts: string[] = [];
  const metrics: object[] = [];
  for (let step = 1; step <= steps; step++) {
    const records = await trainer.step(step);
    metrics.push(records.metrics);
    texts.push(JSON.stringify(records.rollouts));
  }
  await trainer.state();
  await trainer.release();
  return { texts, metrics, weights: policy.weights };
}

/** The largest relative difference of a metric that is no time. */
function metricDifference(a: readonly object[], b: readonly object[]): { name: string; value: number } {
  let largest = { name: '', value: 0 };
  for (const [step, expected] of b.entries()) {
    for (const [name, value] of Object.entries(expected)) {
      const other = (a[step] as Record<string, unknown>)[name];
      if (typeof value !== 'number' || typeof other !== 'number' || /time|seconds|per_second/.test(name))
        continue;
      const relative = Math.abs(other - value) / Math.max(Math.abs(value), 1e-3);
      if (!(relative <= largest.value)) largest = { name, value: relative };
    }
  }
  return largest;
}

/** @param make the policy, each time a new one: runs change it */
export async function agreement(
  make: () => Policy,
  threads: number,
): Promise<Record<string, number | string>> {
  const [cpu, gpu] = [runtimeOptions(threads), runtimeOptions(threads, 'webgpu')];
  const byGpu = await gradient(make(), gpu);
  const gradientDifference = difference(byGpu, await gradient(make(), cpu));
  const gradientRepeated = difference(await gradient(make(), gpu), byGpu);
  const [onGpu, again, onCpu] = [await run(make(), gpu), await run(make(), gpu), await run(make(), cpu)];
  const metric = metricDifference(onGpu.metrics, onCpu.metrics);
  const sameTexts = onCpu.texts.filter((text, step) => text === onGpu.texts[step]).length;
  return {
    'gradient, relative difference': gradientDifference,
    'gradient, made again': gradientRepeated,
    'run, steps with the same texts': `${sameTexts} of ${steps}`,
    'run, weights, relative difference': difference(onGpu.weights, onCpu.weights),
    'run, weights, made again': difference(again.weights, onGpu.weights),
    [`run, largest relative difference of a metric (${metric.name})`]: metric.value,
  };
}

/** What a run asks of the GPU: its largest buffers, and the time of a part of its step there and on the processor. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Experiment } from '../../experiment/index.js';
import { countdownTraining, type TrainingTask, trainingPrompts } from '../../tasks/index.js';
import type { Device, DeviceFindings } from '../contract/index.js';
import { parameterLayout, parseModelConfig, readPolicyFolder } from './model/index.js';
import { PolicyTrainer } from './policy-trainer.js';
import { runtimeOptions } from './provider.js';

/** Responses of the part that is measured: those of one pass of the gradient. */
const rows = 128;
/** The time of a token hardly depends on how many came before. */
const tokens = 64;

/** The part of the step that is measured: groups and responses are as large as the experiment's, but fewer and shorter. */
function partOf(experiment: Experiment): Experiment {
  const { rollout, optimization } = experiment;
  const prompts = Math.min(rollout.promptsPerStep, Math.max(1, Math.floor(rows / rollout.groupSize)));
  return {
    ...experiment,
    rollout: {
      ...rollout,
      promptsPerStep: prompts,
      maxNewTokens: Math.min(rollout.maxNewTokens, tokens),
    },
    // One update says how long each of them takes.
    optimization: { ...optimization, minibatches: 1, epochs: 1 },
  };
}

/** Reports the time on the GPU before it begins on the processor, which may take far longer. */
export async function stepSeconds(
  experiment: Experiment,
  report: (findings: DeviceFindings) => void,
): Promise<void> {
  report({ trying: 'a step on the GPU' });
  const webgpu = await secondsOn('webgpu', experiment);
  report({ trying: 'a step on the processor', stepSeconds: { webgpu } });
  report({ stepSeconds: { webgpu, cpu: await secondsOn('cpu', experiment) } });
}

/** Of the second and third step, the faster one: the first compiles shaders, and each may meet a new length. */
async function secondsOn(device: Device, experiment: Experiment): Promise<number> {
  const part = partOf(experiment);
  const policy = readPolicyFolder(part.policy);
  const options = runtimeOptions(part.threads, device);
  const reference = policy.weights.slice();
  const trainer = await PolicyTrainer.create(part, policy, reference, taskOf(part), null, null, options);
  await trainer.step(1);
  const times: number[] = [];
  for (const step of [2, 3]) times.push((await trainer.step(step)).metrics.step_time);
  await trainer.release();
  return Math.min(...times);
}

/** A problem as long as those of mathematics are: what the policy writes to it does not matter here. */
const problem =
  'A store sells pencils at 3 for 40 cents and notebooks at 1 dollar and 25 cents each. Anna buys a dozen pencils and some notebooks, pays with a 20 dollar bill, and gets 8 dollars and 40 cents back. How many notebooks did she buy, and what would they have cost with a discount of 10 percent? Think step by step.';

/** No texts are compared, and no files are read. */
function taskOf({ task, seed }: Experiment): TrainingTask {
  if (task.name === 'countdown') return countdownTraining(trainingPrompts(task, seed));
  return {
    foreseen: [],
    promptsForStep: (_step, count) =>
      Array.from({ length: count }, (_, index) => ({ id: String(index), text: `${index + 1}. ${problem}` })),
    verify: async (_prompt, responses) =>
      responses.map((_, index) => ({
        correct: index % 2 === 0,
        reward: index % 2 === 0 ? 1 : -1,
        answer: String(index),
        reason: '',
      })),
    async dispose() {},
  };
}

const floatBytes = 4;
const chunkRows = 128;

/** Arrays of the run that are one buffer on the GPU each, the largest ones. */
export function largestBuffers({ policy, rollout }: Experiment): { name: string; bytes: number }[] {
  const file = join(policy, 'config.json');
  const config = parseModelConfig(JSON.parse(readFileSync(file, 'utf8')), file);
  const responses = rollout.promptsPerStep * rollout.groupSize;
  const updated = Math.min(chunkRows, responses) * rollout.maxNewTokens;
  return [
    { name: 'the weights', bytes: parameterLayout(config).total * floatBytes },
    { name: 'the logits of an update', bytes: updated * config.vocabSize * floatBytes },
    { name: 'the logits of a token of all responses', bytes: responses * config.vocabSize * floatBytes },
    {
      name: 'the keys of a layer while sampling',
      bytes: responses * rollout.maxNewTokens * config.kvHeads * config.headDim * floatBytes,
    },
  ];
}

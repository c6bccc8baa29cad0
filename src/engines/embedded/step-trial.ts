/** The time of a part of a run's step on the GPU and on the processor. */
import type { Experiment } from '../../experiment/index.js';
import { countdownTraining, type TrainingTask, trainingPrompts } from '../../tasks/index.js';
import type { DeviceFindings } from '../contract/index.js';
import { modelShape } from '../memory/index.js';
import { type Place, processorPlace, trialPart } from './plan/index.js';
import { PolicyTrainer } from './policy-trainer.js';
import { runtimeOptions } from './provider.js';
import { openStartingPolicy } from './starting-policy.js';

/** A GPU that takes longer is so slow that the processor may take minutes: it is not compared. */
const longestSeconds = 6;

/**
 * Reports the time on the GPU before it begins on the processor, which may take far longer.
 * @param experiment its policy is a folder
 * @param memoryBytes of the GPU, where that is known
 */
export async function stepSeconds(
  experiment: Experiment,
  memoryBytes: number | null,
  report: (findings: DeviceFindings) => void,
): Promise<void> {
  const shape = modelShape(experiment.policy);
  const part = shape && trialPart(experiment, shape);
  if (part === null) throw new Error('A step of this experiment is too large to be measured.');
  report({ trying: 'a step on the GPU' });
  const webgpu = await secondsOn({ device: 'webgpu', memoryBytes }, part, experiment);
  report({ trying: 'a step on the processor', stepSeconds: { webgpu } });
  if (webgpu > longestSeconds) return;
  report({ stepSeconds: { webgpu, cpu: await secondsOn(processorPlace, part, experiment) } });
}

/** Of the second and third step, the faster one: the first compiles shaders, and each may meet a new length. */
async function secondsOn(place: Place, part: Experiment, experiment: Experiment): Promise<number> {
  // In 16 bits where the whole experiment has them.
  const { fresh, reference } = openStartingPolicy(experiment, experiment.policy)(place);
  const options = runtimeOptions(part.threads, place.device);
  const trainer = await PolicyTrainer.create(part, fresh(), reference, taskOf(part), null, null, options);
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
    row: () => ({}),
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

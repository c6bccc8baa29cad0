/** Launches of the graphs on a GPU, counted in what ONNX Runtime logs. */
import { writeSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import type { Policy } from '../../src/engines/embedded/model/policy-folder.js';
import { PolicyTrainer } from '../../src/engines/embedded/policy-trainer.js';
import { runtimeOptions } from '../../src/engines/embedded/provider.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { trainingPrompts } from '../../src/tasks/prompts.js';
import { countdownTraining } from '../../src/tasks/training.js';

const standardError = 2;
const launch = 'Starting program';

/** By an output that no other has. */
const graphs = {
  prompts: 'keys0',
  'decode step': 'newActive',
  'look at tokens': 'tokens',
  features: 'features',
  gradient: 'loss',
  'log-probabilities': 'logProbability',
  norm: 'squares',
  AdamW: 'new.weights',
  copy: 'copy',
};

/** Does a step whose sessions log to standard error. For a process of its own: nothing else must write there. */
export async function countLaunches(policy: Policy): Promise<void> {
  const create = ort.InferenceSession.create.bind(ort.InferenceSession) as (
    model: Uint8Array,
    options: ort.InferenceSession.SessionOptions,
  ) => Promise<ort.InferenceSession>;
  Object.assign(ort.InferenceSession, {
    create: async (model: Uint8Array, options: ort.InferenceSession.SessionOptions) => {
      const session = await create(model, { ...options, logSeverityLevel: 1 });
      const name = Object.entries(graphs).find(([, output]) => session.outputNames.includes(output))?.[0];
      const run = session.run.bind(session);
      return Object.assign(session, {
        run: (...args: Parameters<typeof run>) => {
          writeSync(standardError, `\n## ${name}\n`);
          return run(...args);
        },
      });
    },
  });
  const experiment = experimentSchema.parse({
    policy: 'random',
    rollout: { promptsPerStep: 2, groupSize: 4, maxNewTokens: 16 },
  });
  const prompts = countdownTraining(trainingPrompts(experiment.task, 0));
  const options = runtimeOptions(1, 'webgpu');
  const reference = policy.weights.slice();
  const trainer = await PolicyTrainer.create(experiment, policy, reference, prompts, null, null, options);
  await trainer.step(1);
  await trainer.release();
}

/** Of each graph: its runs in the step, and the launches of its last one. */
export function launchesOf(log: string): Record<string, { runs: number; launches: number }> {
  const counts: Record<string, { runs: number; launches: number }> = {};
  for (const part of log.split('\n## ').slice(1)) {
    const name = part.slice(0, part.indexOf('\n'));
    const launches = part.split(launch).length - 1;
    counts[name] = { runs: (counts[name]?.runs ?? 0) + 1, launches };
  }
  if (Object.keys(counts).length === 0) throw new Error(`Nothing was logged: ${log.slice(-2000)}`);
  return counts;
}

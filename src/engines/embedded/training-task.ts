/** What an experiment trains on. */

import { benchmarkNameOf } from '../../benchmarks/index.js';
import { InputError, reasonOf } from '../../errors.js';
import type { LoadingHooks } from '../../hub/index.js';
import type { RunManifest } from '../../runs/protocol/index.js';
import {
  countdownTraining,
  problemTraining,
  promptsFromFile,
  type TrainingTask,
  trainingPrompts,
} from '../../tasks/index.js';
import { loadEvaluationTask } from './evaluation-task.js';
import type { Tokenizer } from './model/index.js';

/** @throws InputError naming file, row or line, field and fix; LoadingStopped */
export async function trainingTask(
  { schema, experiment: { task, seed, rewards } }: Pick<RunManifest, 'schema' | 'experiment'>,
  tokenizer: Tokenizer,
  hooks: LoadingHooks,
): Promise<TrainingTask> {
  // What began in the older order ends in it.
  const firstStep = schema < 2 ? 0 : 1;
  if (task.name === 'problems') {
    const { file, dataset, format, problem, answer, id, choices, answerAs, answerIn } = task;
    const rows = { file, format, problem, answer, id, choices, answerAs, answerIn };
    const name = file === undefined ? dataset : benchmarkNameOf(file);
    const request = { ...rows, name, seed, fields: rewards !== undefined };
    return problemTraining(await loadEvaluationTask(request, tokenizer, hooks), seed, firstStep);
  }
  if (task.file === undefined) return countdownTraining(trainingPrompts(task, seed));
  try {
    return countdownTraining(promptsFromFile(task.file, seed, firstStep));
  } catch (error) {
    throw new InputError(
      reasonOf(error),
      'Correct the task file, or set task.file to another one, and start again.',
    );
  }
}

/** What can be trained on: Countdown, and any list of problems that can be judged. */
import { verifyCountdown } from './countdown.js';
import type { EvaluationTask } from './evaluation.js';
import { inRounds } from './rounds.js';
import type { Prompt, PromptSource, TrainingTask } from './types.js';

export function countdownTraining(source: PromptSource): TrainingTask {
  return {
    foreseen: source.foreseen,
    promptsForStep: (step, count) => source.promptsForStep(step, count),
    row(prompt) {
      const { id, numbers, target } = prompt as Prompt;
      return { prompt_id: id, numbers, target };
    },
    async verify(prompt, responses) {
      return responses.map((response) => verifyCountdown(prompt as Prompt, response));
    },
    async dispose() {},
  };
}

/** The problems of a task in rounds, each round in a new order. Equivalent answers share the text of the first. */
export function problemTraining(task: EvaluationTask, seed: number, firstStep: 0 | 1 = 1): TrainingTask {
  const prompts = task.problems.map(({ id, prompt, where }, index) => ({ id, text: prompt, where, index }));
  const places = new Map(prompts.map(({ id, index }) => [id, index]));
  return {
    foreseen: prompts,
    promptsForStep: inRounds(prompts, seed, 'problems', firstStep),
    row({ id }) {
      const { gold, choices } = task.problems[places.get(id)!]!;
      const kind = task.compared?.kind ?? 'math';
      return { prompt_id: id, gold, kind, choices: choices ?? null };
    },
    async verify(prompt, responses) {
      const graded = await task.grade(places.get(prompt.id)!, responses);
      const shown = new Map<number, string>();
      return graded.map(({ answer, class: number, correct, reason, why = reason }) => {
        if (answer !== null && !shown.has(number)) shown.set(number, answer);
        return { correct, reward: correct ? 1 : -1, answer: shown.get(number) ?? '', reason: why };
      });
    },
    dispose: () => task.dispose(),
  };
}

/** What the rewards of an experiment give the responses of a step. */
import type { NamedValues, RunRewards } from '../../rewards/index.js';
import type { TaskPrompt, TrainingTask, Verdict } from '../../tasks/index.js';
import type { Rollout } from './sampling.js';

/**
 * @param texts of the responses, prompt by prompt
 * @throws RewardError
 */
export async function scoreRollout(
  rewards: RunRewards,
  task: TrainingTask,
  prompts: readonly TaskPrompt[],
  texts: readonly string[],
  verdicts: readonly Verdict[],
  { responses }: Rollout,
): Promise<NamedValues[]> {
  const m = texts.length / prompts.length;
  const rows = prompts.map((prompt) => task.row(prompt));
  const inputs = texts.map((completion, index) => {
    const group = Math.floor(index / m);
    const { tokens, finished } = responses[index]!;
    return { prompt: prompts[group]!.text, completion, tokens: tokens.length, finished, row: rows[group]! };
  });
  return rewards.score(
    inputs,
    verdicts.map(({ reward }) => reward),
  );
}

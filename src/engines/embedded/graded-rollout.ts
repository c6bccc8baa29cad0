/** A step's rollouts with everything the method says of them, before any update: pure, given the features. */
import type { Experiment } from '../../experiment/index.js';
import {
  advantages,
  passAtKAdvantages,
  type ShapedGroup,
  shapeEvolRl,
  shapeGroup,
  upperTriangle,
} from '../../g2rl/index.js';
import type { GroupRecord, RolloutRecord } from '../../runs/protocol/index.js';
import type { TaskPrompt, Verdict } from '../../tasks/index.js';
import type { Embeddings } from './embeddings/index.js';
import type { SampledResponse } from './sampling.js';

export interface GradedRollout {
  prompts: readonly TaskPrompt[];
  texts: string[];
  verdicts: Verdict[];
  groups: ShapedGroup[];
  /** Rewards as the verifier gave them, per group. */
  rewards: number[][];
  /** groups·m */
  advantages: Float64Array;
}

/** What a method looks at besides the verdicts of a step. */
export interface Evidence {
  /** responses × d: their features Φ */
  features: Float32Array;
  /** Of the responses' texts; null for methods that do not compare texts. */
  embeddings: Embeddings | null;
  /** λ of the step. */
  lambda: number;
}

/** Shapes each group's rewards and makes advantages of them. */
export function gradeRollout(
  experiment: Experiment,
  prompts: readonly TaskPrompt[],
  texts: string[],
  verdicts: Verdict[],
  { features, embeddings, lambda }: Evidence,
): GradedRollout {
  const { method, optimization } = experiment;
  const m = texts.length / prompts.length;
  const dimension = features.length / texts.length;
  const rewards = prompts.map((_, group) =>
    verdicts.slice(group * m, (group + 1) * m).map(({ reward }) => reward as number),
  );
  const groups = rewards.map((groupRewards, group) => {
    const rows = features.subarray(group * m * dimension, (group + 1) * m * dimension);
    const shaped = shapeGroup(rows, dimension, groupRewards, { ...method, method: method.name, lambda });
    if (embeddings === null) return shaped;
    const { data, width } = embeddings;
    const ofTexts = data.subarray(group * m * width, (group + 1) * m * width);
    return shapeEvolRl(shaped, ofTexts, width, groupRewards);
  });
  const shaped = Float64Array.from(groups.flatMap((group) => [...group.shaped]));
  return {
    prompts,
    texts,
    verdicts,
    groups,
    rewards,
    advantages:
      method.name === 'pass-at-k'
        ? passAtKAdvantages(rewards.flat(), m, method.k)
        : advantages(shaped, m, optimization.scaleRewards),
  };
}

/** Numbers in the run's files carry this many significant digits: plenty to see, half the bytes. */
const recordedDigits = 6;
const rounded = (values: Iterable<number>) =>
  Array.from(values, (value) => Number(value.toPrecision(recordedDigits)));

/** The lines of `groups.jsonl`. */
export function groupRecords(
  step: number,
  graded: GradedRollout,
  responses: readonly SampledResponse[],
): GroupRecord[] {
  const m = graded.texts.length / graded.prompts.length;
  return graded.groups.map((group, index) => {
    const rows = <Item>(items: readonly Item[]) => items.slice(index * m, (index + 1) * m);
    const prompt = graded.prompts[index]!;
    return {
      step,
      group: index,
      prompt_id: prompt.id,
      prompt: prompt.text,
      m,
      rewards: graded.rewards[index]!,
      shaped: rounded(group.shaped),
      scalers: rounded(group.scalers),
      exploration: rounded(group.exploration),
      advantages: rounded(graded.advantages.subarray(index * m, (index + 1) * m)),
      lengths: rows(responses).map(({ tokens }) => tokens.length),
      answers: rows(graded.verdicts).map(({ answer }) => answer),
      similarity: rounded(upperTriangle(group.similarity, m)),
      ...(group.invalid ? { invalid: true } : {}),
    };
  });
}

/** The lines of `rollouts/step-NNNNNN.jsonl`: the first `keep` groups, all or none. */
export function rolloutRecords(
  step: number,
  graded: GradedRollout,
  responses: readonly SampledResponse[],
  keep: Experiment['rollout']['keep'],
): RolloutRecord[] {
  const kept = keep === 'all' ? graded.prompts.length : keep === 'none' ? 0 : keep;
  const m = graded.texts.length / graded.prompts.length;
  return graded.prompts.slice(0, kept).map((prompt, group) => ({
    step,
    group,
    prompt_id: prompt.id,
    prompt: prompt.text,
    responses: graded.texts.slice(group * m, (group + 1) * m).map((text, index) => {
      const row = group * m + index;
      const { answer, reward, reason } = graded.verdicts[row]!;
      return { text, answer, reward, finished: responses[row]!.finished, reason };
    }),
  }));
}

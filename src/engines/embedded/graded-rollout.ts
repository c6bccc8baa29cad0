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
import { judgeReward } from '../../reward-names.js';
import { type NamedValues, weightedSums } from '../../rewards/index.js';
import type { GroupRecord, RolloutRecord } from '../../runs/protocol/index.js';
import type { TaskPrompt, Verdict } from '../../tasks/index.js';
import type { Embeddings } from './embeddings/index.js';
import type { SampledResponse } from './sampling.js';

export interface GradedRollout {
  prompts: readonly TaskPrompt[];
  texts: string[];
  verdicts: Verdict[];
  groups: ShapedGroup[];
  /** Before shaping, per group; NaN of a response that is left out. */
  rewards: number[][];
  /** Each reward of the experiment; null where the judge's is the only one. */
  components: NamedValues[] | null;
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
  /** Each reward of the experiment; null where the judge's is the only one. */
  components: NamedValues[] | null;
}

/** Shapes each group's rewards and makes advantages of them. */
export function gradeRollout(
  experiment: Experiment,
  prompts: readonly TaskPrompt[],
  texts: string[],
  verdicts: Verdict[],
  { features, embeddings, lambda, components }: Evidence,
): GradedRollout {
  const { method, optimization } = experiment;
  const m = texts.length / prompts.length;
  const dimension = features.length / texts.length;
  const all = components
    ? weightedSums(components, texts.length)
    : verdicts.map(({ reward }) => reward as number);
  const isJudged = components === null || components.some(({ name }) => name === judgeReward);
  const correct = all.map((reward, row) => (isJudged ? verdicts[row]!.correct : reward > 0));
  const rewards = prompts.map((_, group) => all.slice(group * m, (group + 1) * m));
  const groups = rewards.map((groupRewards, group) => {
    const rows = features.subarray(group * m * dimension, (group + 1) * m * dimension);
    const shaped = shapeGroup(rows, dimension, groupRewards, { ...method, method: method.name, lambda });
    if (embeddings === null) return shaped;
    const { data, width } = embeddings;
    const ofTexts = data.subarray(group * m * width, (group + 1) * m * width);
    return shapeEvolRl(shaped, ofTexts, width, groupRewards, correct.slice(group * m, (group + 1) * m));
  });
  const shaped = Float64Array.from(groups.flatMap((group) => [...group.shaped]));
  return {
    prompts,
    texts,
    verdicts,
    groups,
    rewards,
    components,
    advantages:
      method.name === 'pass-at-k'
        ? passAtKAdvantages(labels(all, correct), m, method.k)
        : advantages(shaped, m, optimization.scaleRewards),
  };
}

/** 1 for a correct response, -1 for a wrong one, NaN for one without a reward. */
const labels = (rewards: readonly number[], correct: readonly boolean[]) =>
  rewards.map((reward, row) => (Number.isNaN(reward) ? reward : correct[row] ? 1 : -1));

/** Numbers in the run's files carry this many significant digits: plenty to see, half the bytes. */
const recordedDigits = 6;
const round = (value: number) => Number(value.toPrecision(recordedDigits));
const rounded = (values: Iterable<number>) => Array.from(values, round);
/** What a response that is left out has instead of a reward. */
const known = (value: number) => (Number.isNaN(value) ? 0 : value);

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
    const rewards = graded.rewards[index]!;
    const leftOut = rewards.flatMap((reward, row) => (Number.isNaN(reward) ? [row] : []));
    return {
      step,
      group: index,
      prompt_id: prompt.id,
      prompt: prompt.text,
      m,
      rewards: graded.components ? rounded(rewards.map(known)) : rewards,
      ...(graded.components && { components: componentsOf(graded.components, rows) }),
      ...(leftOut.length > 0 && { left_out: leftOut }),
      shaped: rounded(group.shaped.map(known)),
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

/** Values of a group by the name of their reward. */
function componentsOf(
  components: readonly NamedValues[],
  rows: <Item>(items: readonly Item[]) => Item[],
): GroupRecord['components'] {
  return Object.fromEntries(
    components.map(({ name, values }) => [
      name,
      rows(values).map((value) => (value === null ? null : round(value))),
    ]),
  );
}

/** What a response has of each reward, and what was said of it. */
function rewardsOf(components: readonly NamedValues[], row: number) {
  const notes = components.flatMap(({ name, notes: said }) => {
    const note = said[row];
    return note === null || note === undefined ? [] : [[name, note]];
  });
  return {
    rewards: Object.fromEntries(
      components.map(({ name, values }) => {
        const value = values[row] ?? null;
        return [name, value === null ? null : round(value)];
      }),
    ),
    ...(notes.length > 0 && { notes: Object.fromEntries(notes) as Record<string, string> }),
  };
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
      const { answer, reason } = graded.verdicts[row]!;
      return {
        text,
        answer,
        reward: round(known(graded.rewards[group]![index]!)),
        finished: responses[row]!.finished,
        reason,
        ...(graded.components && rewardsOf(graded.components, row)),
      };
    }),
  }));
}

/** Questions about the groups that were sampled, and about prompts over the whole run. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import {
  countsOf,
  type GroupFacts,
  halves,
  isOfKind,
  type PromptFacts,
  type PromptVisit,
  promptsOf,
} from '../findings/index.js';
import { promptKinds } from '../runs/facts/index.js';
import { type GroupRecord, rolloutsFile, runFiles } from '../runs/protocol/index.js';
import { scanGroups } from '../runs/read/index.js';
import { damagedLines, openRun, readGroups } from './open.js';
import {
  clip,
  cut,
  damagedAnswer,
  define,
  figure,
  figureOrNull,
  leftOut,
  limitArgument,
  placeAnswer,
  QueryError,
  runArgument,
  stepArgument,
} from './query.js';

const placeOf = (line: number) => `${runFiles.groups}:${line}`;
const flag = (about: string) => z.boolean().default(false).describe(about);

export const groups = define('groups', {
  about: 'Groups of a run, newest first, by what they are like',
  arguments: {
    run: runArgument,
    from: stepArgument.optional().describe('First step'),
    to: stepArgument.optional().describe('Last step'),
    prompt: z.string().optional().describe('Id of the prompt'),
    flat: flag('All rewards are equal before shaping'),
    flat_in: z.string().optional().describe('All values of the reward of this name are equal'),
    without_signal: flag('All advantages are 0'),
    all_wrong: flag('No response is right'),
    all_correct: flag('Every response is right'),
    truncated: flag('With a response as long as the limit allows'),
    similarity_above: z.number().min(-1).max(1).optional().describe('Mean S over pairs above this'),
    limit: limitArgument(20, 200),
  },
  answer: {
    run: z.string(),
    directory: z.string(),
    matching: z.int(),
    of: z.int(),
    unknown: z
      .int()
      .optional()
      .describe('Groups of which the run does not say what was asked, as logs of other programs may'),
    groups: z.array(
      z.object({
        step: z.int(),
        group: z.int(),
        prompt_id: z.string(),
        prompt: z.string(),
        responses: z.int(),
        correct: z.int().nullable().describe('null where no response has a reward'),
        flat: z.boolean().nullable().describe('null where the log does not tell'),
        flat_in: z
          .array(z.string())
          .optional()
          .describe('Rewards that are the same for all responses, where there are several'),
        without_signal: z.boolean().nullable(),
        at_length_limit: z.int().nullable().describe('null where the log has no lengths'),
        similarity_mean: z.number().nullable(),
        similarity_max: z.number().nullable(),
        at: placeAnswer,
      }),
    ),
    unread: z.string().optional(),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, limit, ...wanted }) {
    const run = await openRun(context, query);
    const { facts, prompts, damaged, unread } = await readGroups(context, run);
    const tests = testsOf(wanted);
    const passed = facts.map((group) => ({ group, verdicts: tests.map((test) => test(group)) }));
    const matching = passed
      .filter(({ verdicts }) => verdicts.every((verdict) => verdict === true))
      .map(({ group }) => group)
      .sort(newestFirst);
    const unknown = passed.filter(
      ({ verdicts }) => verdicts.includes(null) && !verdicts.includes(false),
    ).length;
    const { items, ...rest } = cut(matching, limit, 'a smaller range of steps, or a larger limit');
    return {
      run: run.summary.id,
      directory: run.directory,
      matching: matching.length,
      of: facts.length,
      ...(unknown > 0 && { unknown }),
      groups: items.map((group) => ({
        step: group.step,
        group: group.group,
        prompt_id: group.promptId,
        prompt: prompts.get(group.promptId) ?? '',
        responses: group.size,
        correct: group.rated === 0 ? null : group.correct,
        flat: group.flat,
        ...(group.flatIn && { flat_in: [...group.flatIn] }),
        without_signal: group.silent,
        at_length_limit: group.atLimit,
        similarity_mean: figureOrNull(group.meanSimilarity),
        similarity_max: figureOrNull(group.maxSimilarity),
        at: placeOf(group.line),
      })),
      ...(unread !== null && { unread }),
      ...damagedLines(damaged),
      ...rest,
    };
  },
});

const newestFirst = (a: GroupFacts, b: GroupFacts) => b.step - a.step || a.group - b.group;

interface Wanted {
  from?: number | undefined;
  to?: number | undefined;
  prompt?: string | undefined;
  flat: boolean;
  flat_in?: string | undefined;
  without_signal: boolean;
  all_wrong: boolean;
  all_correct: boolean;
  truncated: boolean;
  similarity_above?: number | undefined;
}

/** Of the responses with a verdict; null where there is none. */
export const isAllWrong = ({ correct, rated }: GroupFacts): boolean | null =>
  rated === 0 ? null : correct === 0;
export const isAllCorrect = ({ correct, rated }: GroupFacts): boolean | null =>
  rated === 0 ? null : correct === rated;

/** Null where a log does not tell. */
type Test = (group: GroupFacts) => boolean | null;

/** What a group must be; nothing that is not asked for. */
function testsOf(wanted: Wanted): Test[] {
  const { from, to, prompt, flat_in: flatIn, similarity_above: above } = wanted;
  return [
    ...(from === undefined ? [] : [({ step }: GroupFacts) => step >= from]),
    ...(to === undefined ? [] : [({ step }: GroupFacts) => step <= to]),
    ...(prompt === undefined ? [] : [({ promptId }: GroupFacts) => promptId === prompt]),
    ...(wanted.flat ? [({ flat }: GroupFacts) => flat] : []),
    ...(flatIn === undefined ? [] : [(group: GroupFacts) => group.flatIn?.includes(flatIn) ?? false]),
    ...(wanted.without_signal ? [({ silent }: GroupFacts) => silent] : []),
    ...(wanted.all_wrong ? [isAllWrong] : []),
    ...(wanted.all_correct ? [isAllCorrect] : []),
    ...(wanted.truncated ? [({ atLimit }: GroupFacts) => (atLimit === null ? null : atLimit > 0)] : []),
    ...(above === undefined
      ? []
      : [({ meanSimilarity }: GroupFacts) => (meanSimilarity === null ? null : meanSimilarity > above)]),
  ];
}

export const group = define('group', {
  about:
    'One group with its responses: texts where they were kept, rewards, and what the method made of them',
  arguments: {
    run: runArgument,
    step: stepArgument,
    group: z.int().min(0).describe('Its number in the step, from 0'),
    text_length: z.int().min(0).max(4000).default(600).describe('Characters of a response to give'),
    limit: limitArgument(16, 64),
  },
  answer: {
    run: z.string(),
    step: z.int(),
    group: z.int(),
    prompt_id: z.string(),
    prompt: z.string(),
    at: placeAnswer,
    texts: z.string().describe('File of the texts in the folder of the run, or why there are none'),
    responses: z.array(
      z.object({
        response: z.int().describe('Its place in the group, from 0'),
        reward: z.number().nullable(),
        rewards: z
          .record(z.string(), z.number().nullable())
          .optional()
          .describe('Each reward of the experiment, unweighted'),
        notes: z.record(z.string(), z.string()).optional().describe('What programs of rewards said of it'),
        left_out: z.boolean().optional().describe('It has no reward and is no part of the group'),
        shaped: z.number().nullable(),
        advantage: z.number().nullable(),
        exploration: z.number().nullable(),
        tokens: z.number().nullable(),
        answer: z.string(),
        text: z.string().optional(),
        finished: z.boolean().optional().describe('Absent where a log does not say it'),
        reason: z.string().optional(),
      }),
    ),
    ...leftOut,
  },
  async ask(context, { run: query, step, group: number, text_length: length, limit }) {
    const run = await openRun(context, query);
    const found = new Map<number, { record: GroupRecord; line: number }>();
    await scanGroups(run.directory, {
      reset: () => found.clear(),
      wants: (at) => at === step,
      group: (record, line) => found.set(record.group, { record, line }),
    });
    const one = found.get(number);
    if (!one) throw await noGroup(run.directory, run.summary.id, step, number, [...found.keys()]);
    const { record, line } = one;
    const { groups: texts } = await run.rollouts(step);
    const rollout = texts.find((kept) => kept.group === number);
    const all = Array.from({ length: record.m }, (_, index) => {
      const isLeftOut = record.left_out?.includes(index) === true;
      const kept = rollout?.responses[index];
      return {
        response: index,
        reward: isLeftOut ? null : figureOrNull(record.rewards[index]),
        ...(record.components && { rewards: rewardsOf(record.components, index) }),
        ...(kept?.notes && { notes: clippedNotes(kept.notes) }),
        ...(isLeftOut && { left_out: true }),
        shaped: figureOrNull(record.shaped[index]),
        advantage: figureOrNull(record.advantages[index]),
        exploration: figureOrNull(record.exploration[index]),
        tokens: figureOrNull(record.lengths[index]),
        answer: clip(String(record.answers[index] ?? ''), 200),
        ...(kept && {
          text: clip(kept.text, length),
          ...(kept.finished !== undefined && { finished: kept.finished }),
          reason: clip(kept.reason, 300),
        }),
      };
    });
    const { items, ...rest } = cut(all, limit, 'a larger limit');
    return {
      run: run.summary.id,
      step,
      group: number,
      prompt_id: record.prompt_id,
      prompt: clip(String(record.prompt), 2000),
      at: placeOf(line),
      texts: rollout
        ? join(runFiles.rollouts, basename(rolloutsFile(run.directory, step)))
        : run.summary.manifest.imported
          ? 'the log has none'
          : 'not kept: rollout.keep of the experiment says how many are',
      responses: items,
      ...rest,
    };
  },
});

const rewardsOf = (components: NonNullable<GroupRecord['components']>, index: number) =>
  Object.fromEntries(Object.entries(components).map(([name, values]) => [name, figureOrNull(values[index])]));

const clippedNotes = (notes: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(notes).map(([name, note]) => [name, clip(note, 200)]));

async function noGroup(
  directory: string,
  id: string,
  step: number,
  number: number,
  there: readonly number[],
): Promise<QueryError> {
  if (there.length > 0)
    return new QueryError(
      `Step ${step} of ${id} has no group ${number}.`,
      `It has groups ${Math.min(...there)} to ${Math.max(...there)}.`,
    );
  let nearest: number | null = null;
  await scanGroups(directory, {
    reset: () => {},
    wants: (at) => {
      if (nearest === null || Math.abs(at - step) < Math.abs(nearest - step)) nearest = at;
      return false;
    },
    group: () => {},
  });
  return new QueryError(
    `${id} has no groups of step ${step}.`,
    nearest === null ? 'It has none at all.' : `The nearest step with groups is ${nearest}.`,
  );
}

const orders = {
  'pass-rate': (a: PromptFacts, b: PromptFacts) => a.passRate - b.passRate,
  visits: (a: PromptFacts, b: PromptFacts) => b.visits.length - a.visits.length,
  'without-signal': (a: PromptFacts, b: PromptFacts) => (b.silent ?? 0) - (a.silent ?? 0),
} as const;

export const prompts = define('prompts', {
  about: 'Prompts over the whole run: pass rate by step, which never teach, which were solved lately or lost',
  arguments: {
    run: runArgument,
    kind: z
      .enum(promptKinds)
      .default('all')
      .describe(
        'silent: visited twice or more and never a signal; unsolved: never a right response; solved-lately and lost: over half right in the later half of the visits only, or in the earlier half only',
      ),
    sort: z.enum(['without-signal', 'pass-rate', 'visits']).default('without-signal'),
    steps: z.int().min(0).max(100).default(8).describe('Points of the pass rate by step to give for each'),
    limit: limitArgument(20, 200),
  },
  answer: {
    run: z.string(),
    directory: z.string(),
    counts: z
      .record(z.string(), z.int().nullable())
      .describe('Prompts of each kind; null where the log does not tell'),
    prompts: z.array(
      z.object({
        prompt_id: z.string(),
        prompt: z.string(),
        visits: z.int(),
        pass_rate: z.number(),
        without_signal: z
          .int()
          .nullable()
          .describe('Visits without a signal; null where the log does not tell'),
        earlier: z.number().nullable().describe('Pass rate of the earlier half of the visits'),
        later: z.number().nullable(),
        by_step: z.array(z.tuple([z.number(), z.number()])).describe('[step, pass rate]'),
        at: placeAnswer.describe('Its newest group'),
      }),
    ),
    unread: z.string().optional(),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query, kind, sort, steps, limit }) {
    const run = await openRun(context, query);
    const { facts, prompts: texts, damaged, unread } = await readGroups(context, run);
    const all = promptsOf(facts, texts);
    const found = all.filter((prompt) => isOfKind(prompt, kind));
    found.sort((a, b) => orders[sort](a, b) || b.visits.length - a.visits.length);
    const { items, ...rest } = cut(found, limit, 'a larger limit, or another kind');
    return {
      run: run.summary.id,
      directory: run.directory,
      counts: countsOf(all),
      prompts: items.map((prompt) => promptAnswer(prompt, steps)),
      ...(unread !== null && { unread }),
      ...damagedLines(damaged),
      ...rest,
    };
  },
});

function promptAnswer(prompt: PromptFacts, points: number) {
  const both = halves(prompt);
  return {
    prompt_id: prompt.id,
    prompt: prompt.prompt,
    visits: prompt.visits.length,
    pass_rate: figure(prompt.passRate),
    without_signal: prompt.silent,
    earlier: figureOrNull(both?.earlier),
    later: figureOrNull(both?.later),
    by_step: evenly(prompt.visits, points).map(({ step, passRate }): [number, number] => [
      step,
      figure(passRate),
    ]),
    at: placeOf(prompt.visits.at(-1)?.line ?? 0),
  };
}

/** At most so many, the first and the last among them. */
function evenly(visits: readonly PromptVisit[], most: number): PromptVisit[] {
  if (visits.length <= most) return [...visits];
  if (most <= 1) return visits.slice(-most || visits.length);
  return Array.from(
    { length: most },
    (_, index) => visits[Math.round((index * (visits.length - 1)) / (most - 1))],
  ).filter((visit) => visit !== undefined);
}

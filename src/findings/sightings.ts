/** What the longer rules look for. Pure. */
import { t } from '@vscode/l10n';
import { formatNumber, formatPercent } from '../runs/facts/index.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';
import type { Evidence, FindingPrompt, Sighting } from './finding.js';
import { isOfKind, leastVisits, type PromptFacts } from './prompts.js';
import { rise, type Windows, windowsOf } from './windows.js';

type Found = Sighting | null | undefined;

const namedPrompts = 5;

/** The prompts that cause most of it: those with the most visits for nothing. */
function worst(prompts: readonly PromptFacts[]): FindingPrompt[] {
  return [...prompts]
    .sort((a, b) => (b.silent ?? 0) - (a.silent ?? 0) || a.passRate - b.passRate)
    .slice(0, namedPrompts)
    .map(({ id, prompt, visits, silent, passRate }) => ({
      id,
      prompt,
      visits: visits.length,
      silent,
      passRate,
    }));
}

export function groupsWithoutSignal({ columns, groups, prompts }: Evidence, threshold: number): Found {
  const windows = windowsOf(columns, 'g2rl/no_signal_after') ?? windowsOf(columns, 'frac_reward_zero_std');
  if (!windows) return undefined;
  const { mean: value, from, to } = windows.last;
  if (value < threshold) return null;
  const silent = groups.filter((group) => group.silent && group.step >= from && group.step <= to);
  const figure = t('{0} of the groups in steps {1} to {2}.', formatPercent(value), from, to);
  if (silent.length === 0) return { value, from, to, figure };
  const wrong = silent.filter(({ correct, rated }) => rated > 0 && correct === 0).length;
  const right = silent.filter(({ correct, rated }) => rated > 0 && correct === rated).length;
  const parts = t(
    'Of these {0} have only wrong responses and {1} only right ones.',
    formatPercent(wrong / silent.length),
    formatPercent(right / silent.length),
  );
  const ids = new Set(silent.map(({ promptId }) => promptId));
  return {
    value,
    from,
    to,
    figure: `${figure} ${parts}`,
    prompts: worst(prompts.filter(({ id }) => ids.has(id))),
  };
}

/** Steps in which λ is above 0, and yet no reward can change by it; as a trainer says once in its log. */
export function stepsWithoutShaping({ columns, groups }: Evidence, threshold: number): Found {
  const steps = columns.column('step');
  const strengths = columns.column('g2rl/lambda');
  const clipped = columns.column('g2rl/clip_fraction');
  if (!steps || !strengths?.some((strength) => strength > 0)) return undefined;
  const byStep = Map.groupBy(groups, ({ step }) => step);
  const found: Record<'no reward' | 'all 0' | 'clipped', number[]> = {
    'no reward': [],
    'all 0': [],
    clipped: [],
  };
  for (const [place, step] of steps.entries()) {
    if (!((strengths[place] ?? 0) > 0)) continue;
    const reasons = (byStep.get(step) ?? []).map(({ unshapable }) => unshapable);
    if (clipped?.[place] === 1) found.clipped.push(step);
    else if (reasons.length === 0 || reasons.includes(null)) continue;
    else found[reasons.includes('all 0') ? 'all 0' : 'no reward'].push(step);
  }
  const idle = Object.values(found).flat();
  if (idle.length < threshold) return null;
  const parts = [
    found['all 0'].length > 0 && t('In {0} each reward is 0.', found['all 0'].length),
    found['no reward'].length > 0 && t('In {0} no response has a reward.', found['no reward'].length),
    found.clipped.length > 0 && t('In {0} the clip cuts each shaped reward.', found.clipped.length),
  ].filter((part) => part !== false);
  return {
    value: idle.length,
    from: idle.reduce((least, step) => Math.min(least, step)),
    to: idle.reduce((most, step) => Math.max(most, step)),
    figure: `${t('{0} of {1} steps.', idle.length, steps.length)} ${parts.join(' ')}`,
  };
}

/** Of fewer the share says little. */
const fewPrompts = 10;

export function promptsThatNeverTeach({ prompts }: Evidence, threshold: number): Found {
  const sampled = prompts.filter(({ visits, silent }) => visits.length >= leastVisits && silent !== null);
  if (sampled.length < fewPrompts) return undefined;
  const silent = sampled.filter((prompt) => isOfKind(prompt, 'silent'));
  const value = silent.length / sampled.length;
  if (value < threshold) return null;
  const unsolved = silent.filter(({ passRate }) => passRate === 0).length;
  const solved = silent.filter(({ passRate }) => passRate === 1).length;
  const steps = silent.flatMap(({ visits }) => visits.map(({ step }) => step));
  return {
    value,
    from: steps.reduce((least, step) => Math.min(least, step)),
    to: steps.reduce((most, step) => Math.max(most, step)),
    figure: t(
      '{0} of {1} prompts: {2} were never solved, {3} always.',
      silent.length,
      sampled.length,
      unsolved,
      solved,
    ),
    prompts: worst(silent),
  };
}

/** What is no reward of several: the accuracy of the judge, and what trainers of preferences log. */
const otherRewards = /^rewards\/(accuracy|accuracies|chosen|rejected|margins)$|\/(std|null)$/;

/** Means of single rewards, as TRL names them. */
const isReward = (name: string) => /^rewards\/.+/.test(name) && !otherRewards.test(name);

export function rewardsApart({ columns }: Evidence, threshold: number): Found {
  const rewards = columns.names.filter(isReward).flatMap((name) => {
    const windows = windowsOf(columns, name);
    return windows ? [{ name, windows, rise: rise(windows.first, windows.last) }] : [];
  });
  if (rewards.length < 2) return undefined;
  const [most, least] = [
    rewards.reduce((a, b) => (b.rise > a.rise ? b : a)),
    rewards.reduce((a, b) => (b.rise < a.rise ? b : a)),
  ];
  if (most.rise < threshold || least.rise > -threshold) return null;
  const change = ({ first, last }: Windows) => `${formatNumber(first.mean)} → ${formatNumber(last.mean)}`;
  return {
    value: Math.min(most.rise, -least.rise),
    from: most.windows.first.from,
    to: most.windows.last.to,
    figure: t('{0}: {1}, {2}: {3}.', most.name, change(most.windows), least.name, change(least.windows)),
  };
}

export function checkpointsBehind(
  { step, checkpoints, checkpointEvery }: Evidence,
  threshold: number,
): Found {
  if (checkpointEvery === null || checkpointEvery <= 0 || step < threshold * checkpointEvery)
    return undefined;
  const newest = checkpoints.at(-1) ?? 0;
  const value = (step - newest) / checkpointEvery;
  if (value < threshold) return null;
  const figure =
    newest === 0
      ? t('There is none at step {0}; one is to be written every {1} steps.', step, checkpointEvery)
      : t(
          'The newest is of step {0}, the run is at step {1}; one is to be written every {2} steps.',
          newest,
          step,
          checkpointEvery,
        );
  return { value, from: newest, to: step, figure };
}

interface Measured {
  value: number;
  error: number | undefined;
}

/**
 * The benchmark whose newest score is furthest below its best or its first one.
 * @param threshold in standard errors of the difference
 */
export function scoreBelow(
  { benchmarks }: Evidence,
  threshold: number,
  than: 'best' | 'first',
  measure: (record: BenchmarkRecord) => Measured,
  name: string,
): Found {
  const found: Sighting[] = [];
  let isKnown = false;
  for (const records of Map.groupBy(benchmarks, ({ benchmark }) => benchmark).values()) {
    const known = records.filter((record) => Number.isFinite(measure(record).error));
    const [last, first] = [known.at(-1), known[0]];
    if (!last || !first || last === first) continue;
    isKnown = true;
    const best = known.reduce((a, b) => (measure(b).value > measure(a).value ? b : a));
    const before = than === 'best' ? best : first;
    const [high, low] = [measure(before), measure(last)];
    const errors = (high.value - low.value) / Math.max(1e-9, Math.hypot(high.error ?? 0, low.error ?? 0));
    if (errors <= threshold) continue;
    found.push({
      value: errors,
      from: before.step,
      to: last.step,
      figure: t(
        '{0} of {1}: {2} at step {3}, {4} at step {5}.',
        name.replace('@k', `@${last.k}`),
        last.benchmark,
        formatPercent(high.value),
        before.step,
        formatPercent(low.value),
        last.step,
      ),
    });
  }
  if (!isKnown) return undefined;
  return found.sort((a, b) => b.value - a.value)[0] ?? null;
}

/** The words that the explorer, the status bar and the notifications use for a run. Pure. */

import {
  type BenchmarkScores,
  escapeMarkdown,
  formatAgo,
  formatDuration,
  formatMetric,
  formatNumber,
  formatPercent,
  formatPoints,
  formatRate,
  gain,
  headlineScores,
  isAlive,
  isResumable,
  oneLine,
  progress,
  type RunView,
  scores,
  secondsLeft,
  visibleText,
} from '../runs/facts/index.js';
import { METRICS } from '../runs/metrics/index.js';
import type { BenchmarkRecord, ShownRunState } from '../runs/protocol/index.js';

const stateNames: Record<ShownRunState, string> = {
  starting: 'starting',
  running: 'running',
  evaluating: 'evaluating',
  stopping: 'stopping',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
  lost: 'lost',
};

/** Codicon and theme color of a state. */
export const stateIcons: Record<ShownRunState, { icon: string; color?: string }> = {
  starting: { icon: 'loading~spin' },
  running: { icon: 'sync~spin', color: 'charts.blue' },
  evaluating: { icon: 'sync~spin', color: 'charts.purple' },
  stopping: { icon: 'loading~spin' },
  finished: { icon: 'pass', color: 'testing.iconPassed' },
  stopped: { icon: 'debug-pause', color: 'disabledForeground' },
  failed: { icon: 'error', color: 'testing.iconFailed' },
  lost: { icon: 'debug-disconnect', color: 'list.warningForeground' },
};

/** `pass@1 52.3 % (+12.1)`, or empty when nothing was evaluated. */
export function scoreText(score: BenchmarkScores | null): string {
  if (!score) return '';
  const gained = gain(score);
  const change = gained === null ? '' : ` (${formatPoints(gained)})`;
  return `pass@1 ${formatPercent(score.last.pass_at_1)}${change}`;
}

/** What the run does now: `34/200`, `evaluating 120/200 at step 50`, `failed at step 12`. */
export function activityText(run: RunView): string {
  const { state, status } = run.summary;
  const { step, total } = progress(run.summary);
  switch (state) {
    case 'running':
      return `${step}/${total}`;
    case 'evaluating': {
      const evaluation = status?.evaluation;
      return evaluation
        ? `evaluating ${evaluation.done}/${evaluation.total} at step ${step}`
        : `evaluating at step ${step}`;
    }
    case 'starting':
      return 'starting';
    case 'finished':
      return `finished, ${total} steps`;
    default:
      return `${stateNames[state]} at ${step}/${total}`;
  }
}

/**
 * The grey text behind a run's name in the explorer. The view is narrow, so what matters most comes first: of a
 * run that is alive what it does, of one that ended its score.
 */
export function runDescription(run: RunView): string {
  const { state, status, manifest } = run.summary;
  const rate = state === 'running' ? formatRate(status?.secondsPerStep) : '';
  const score = scoreText(headlineScores(run));
  const method = manifest.experiment.method.name;
  const parts = isAlive(state)
    ? [activityText(run), score, rate, method]
    : [score.replace('pass@1 ', ''), method, activityText(run)];
  return parts.filter((part) => part !== '').join(' · ');
}

/** What a screen reader says for a run in the explorer. */
export function runAccessibleLabel(run: RunView): string {
  const pinned = run.summary.manifest.pinned ? 'pinned, ' : '';
  return `${visibleText(run.summary.name)}, ${pinned}${stateNames[run.summary.state]}, ${runDescription(run)}`;
}

/** `pass@1 · maj@16 · pass@16` of one line of benchmarks.jsonl. */
export function benchmarkText(record: BenchmarkRecord): string {
  return [
    `pass@1 ${formatPercent(record.pass_at_1)} ± ${(100 * record.pass_at_1_se).toFixed(1)}`,
    `maj@${record.k} ${formatPercent(record.maj_at_k)}`,
    `pass@${record.k} ${formatPercent(record.pass_at_k)}`,
    `distinct@${record.k} ${formatNumber(record.distinct_at_k, 2)}`,
  ].join(' · ');
}

function scoreTable(run: RunView): string[] {
  const all = scores(run.benchmarks);
  if (all.length === 0) return [];
  const row = (label: string, record: BenchmarkRecord) =>
    `| ${label} | ${record.step} | ${formatPercent(record.pass_at_1)} | ${formatPercent(record.maj_at_k)} | ${formatPercent(record.pass_at_k)} |`;
  const k = all[0]?.last.k ?? 1;
  return [
    '',
    `| Benchmark | Step | pass@1 | maj@${k} | pass@${k} |`,
    '| --- | --: | --: | --: | --: |',
    ...all.flatMap(({ benchmark, base, last }) => [
      ...(base && base !== last ? [row(escapeMarkdown(benchmark), base)] : []),
      row(escapeMarkdown(benchmark), last),
    ]),
  ];
}

/** The tooltip of a run as Markdown. Whatever came from a file is escaped. */
export function runTooltip(run: RunView, now: number): string {
  const { manifest, state, status, notice, skippedLines } = run.summary;
  const { step, total } = progress(run.summary);
  const { experiment } = manifest;
  const last = run.metrics.at(-1);
  const left = secondsLeft(run.summary);
  const skipped = Object.entries(skippedLines).filter(([, count]) => count > 0);
  const facts: [string, string][] = [
    ['State', `${stateNames[state]}, step ${step} of ${total}`],
    ['Created', formatAgo(Date.parse(manifest.createdAt), now)],
    [
      'Method',
      experiment.method.name === 'g2rl'
        ? `g2rl, λ ${experiment.method.lambda}, ${experiment.method.shaping}`
        : experiment.method.name,
    ],
    ['Policy', experiment.policy],
    ['Device', manifest.device],
  ];
  if (left !== null) {
    facts.push(['Time left', `${formatDuration(left)} (${formatRate(status?.secondsPerStep)})`]);
  }
  if (last) {
    const keys = ['reward', 'g2rl/similarity_mean', 'g2rl/negative_pair_ratio'] as const;
    for (const key of keys) facts.push([METRICS[key].label, formatMetric(key, last[key])]);
  }
  if (manifest.tags?.length) facts.push(['Tags', manifest.tags.join(', ')]);
  if (manifest.notes) facts.push(['Notes', oneLine(manifest.notes, 300)]);
  for (const [file, count] of skipped) facts.push(['Unreadable lines', `${count} in ${file}`]);
  const lines = [
    `**${escapeMarkdown(run.summary.name)}**`,
    '',
    ...facts.map(([label, value]) => `- ${label}: ${escapeMarkdown(value)}`),
    ...scoreTable(run),
  ];
  if (status?.error) {
    lines.push('', `**Error:** ${escapeMarkdown(status.error.message)}`);
    if (status.error.hint) lines.push('', escapeMarkdown(status.error.hint));
  }
  if (state === 'lost') {
    lines.push('', 'The process ended without reporting why. Resume continues from the newest checkpoint.');
  }
  if (notice) lines.push('', escapeMarkdown(notice));
  lines.push('', escapeMarkdown(run.summary.id));
  return lines.join('\n');
}

/** The status bar's text for the runs that are alive, and its tooltip. Null when none is. */
export function statusBarContent(alive: readonly RunView[]): { text: string; tooltip: string } | null {
  const first = alive[0];
  if (!first) return null;
  if (alive.length > 1) {
    return {
      text: `$(sync~spin) G2RL ${alive.length} runs`,
      tooltip: alive.map((run) => `${visibleText(run.summary.name)}: ${runDescription(run)}`).join('\n'),
    };
  }
  const { step, total } = progress(first.summary);
  const rate = formatRate(first.summary.status?.secondsPerStep);
  const left = secondsLeft(first.summary);
  const activity = first.summary.state === 'running' ? `${step}/${total}` : activityText(first);
  return {
    text: `$(sync~spin) G2RL ${activity}${rate ? ` · ${rate}` : ''}`,
    tooltip: [
      `${visibleText(first.summary.name)}: ${runDescription(first)}`,
      ...(left === null ? [] : [`${formatDuration(left)} left`]),
      'Click to open the dashboard',
    ].join('\n'),
  };
}

export interface EndNotice {
  severity: 'information' | 'error';
  text: string;
  /** Whether Resume makes sense. */
  resumable: boolean;
}

/** What to report when a run that was alive no longer is; null for one that still is. */
export function endNotice(run: RunView): EndNotice | null {
  const { state, status } = run.summary;
  const name = visibleText(run.summary.name);
  const { step, total } = progress(run.summary);
  if (isAlive(state)) return null;
  const resumable = isResumable(state);
  if (state === 'finished') {
    const score = scoreText(headlineScores(run));
    return {
      severity: 'information',
      text: `Run "${name}" finished after ${total} steps${score ? `: ${score}` : ''}.`,
      resumable,
    };
  }
  if (state === 'stopped') {
    return {
      severity: 'information',
      text: `Run "${name}" stopped at step ${step} of ${total}.`,
      resumable,
    };
  }
  if (state === 'lost') {
    return {
      severity: 'error',
      text: `Run "${name}" was lost at step ${step} of ${total}: its process ended without reporting why. See its log.`,
      resumable,
    };
  }
  const reason = status?.error
    ? `${status.error.message} ${status.error.hint}`.trim()
    : 'See its log for the reason.';
  return {
    severity: 'error',
    text: `Run "${name}" failed at step ${step} of ${total}. ${oneLine(reason, 400)}`,
    resumable,
  };
}

/** The words that the explorer, the status bar and the notifications use for a run. Pure. */

import { t } from '@vscode/l10n';
import {
  type BenchmarkScores,
  escapeMarkdown,
  formatAgo,
  formatMetric,
  formatNumber,
  formatPercent,
  formatPoints,
  formatRate,
  gain,
  gpuOf,
  headlineScores,
  isAlive,
  isResumable,
  oneLine,
  progress,
  type RunView,
  runTitle,
  scores,
  stateText,
  timeLeft,
  visibleText,
} from '../runs/facts/index.js';
import { METRICS } from '../runs/metrics/index.js';
import type { BenchmarkRecord, ShownRunState } from '../runs/protocol/index.js';

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
  imported: { icon: 'cloud-download' },
};

/** `pass@1 52.3 % (+12.1)`, or empty when nothing was evaluated. */
export function scoreText(score: BenchmarkScores | null): string {
  if (!score) return '';
  const gained = gain(score);
  const change = gained === null ? '' : ` (${formatPoints(gained)})`;
  return `pass@1 ${formatPercent(score.last.pass_at_1)}${change}`;
}

/** What the run does now: `34/200`, `evaluating 120/200 at step 50`, `failed at 12/200`. */
export function activityText(run: RunView): string {
  const { state, status } = run.summary;
  const { step, total } = progress(run.summary);
  switch (state) {
    case 'running':
      return `${step}/${total}`;
    case 'evaluating': {
      const evaluation = status?.evaluation;
      return evaluation
        ? t('evaluating {0}/{1} at step {2}', evaluation.done, evaluation.total, step)
        : t('evaluating at step {0}', step);
    }
    case 'starting':
      return status?.waitingFor ? t('waits for {0}', status.waitingFor) : t('starting');
    case 'imported':
      return t('imported, {0} steps', step);
    case 'finished':
      return t('finished, {0} steps', total);
    default:
      return t('{0} at {1}/{2}', stateText(state), step, total);
  }
}

/** What a row shows besides the run itself. */
export interface RowContext {
  /** What tells it from runs of the same name, its method first: `distinguish`. */
  traits: readonly string[];
  /** Unix time, milliseconds. */
  now: number;
}

const joined = (parts: readonly string[]) => parts.filter((part) => part !== '').join(' · ');

/**
 * The grey text behind a run's name in the explorer. The view is narrow, so what matters most comes first: of a
 * run that is alive what it does, of one that ended which it is and its score.
 */
export function runDescription(run: RunView, { traits, now }: RowContext): string {
  const { state, status, manifest } = run.summary;
  const score = scoreText(headlineScores(run));
  const tags = [
    ...(manifest.tags ?? []).map((tag) => `#${tag}`),
    ...(manifest.archived ? [t('archived')] : []),
  ];
  const created = formatAgo(Date.parse(manifest.createdAt), now);
  if (isAlive(state)) {
    const rate = state === 'running' ? formatRate(status?.secondsPerStep) : '';
    return joined([activityText(run), ...traits, ...tags, score, rate, created]);
  }
  // The icon says that it is finished.
  const end = state === 'finished' ? '' : activityText(run);
  return joined([...traits, ...tags, score, end, created]);
}

/** What a screen reader says for a run in the explorer. @param description of the run, as `runDescription` */
export function runAccessibleLabel(run: RunView, description: string): string {
  const { name, manifest, state } = run.summary;
  const parts = [visibleText(name), ...(manifest.pinned ? [t('pinned')] : []), stateText(state)];
  return [...parts, description].join(', ');
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
    `| ${t('Benchmark')} | ${t('Step')} | pass@1 | maj@${k} | pass@${k} |`,
    '| --- | --: | --: | --: | --: |',
    ...all.flatMap(({ benchmark, base, last }) => [
      ...(base && base !== last ? [row(escapeMarkdown(benchmark), base)] : []),
      row(escapeMarkdown(benchmark), last),
    ]),
  ];
}

/** `g2rl, λ 0.5, signed`: the settings that say most about what a method does. */
function methodText(method: RunView['summary']['manifest']['experiment']['method']): string {
  const { name, lambda, shaping, k, memorySign } = method;
  switch (name) {
    case 'g2rl':
      return `g2rl, λ ${lambda}, ${shaping}`;
    case 'dirl':
      return `dirl, λ ${lambda}, ${memorySign}`;
    case 'pass-at-k':
      return `pass-at-k, k ${k}`;
    default:
      return name;
  }
}

/** The tooltip of a run as Markdown. Whatever came from a file is escaped. */
export function runTooltip(run: RunView, now: number): string {
  const { manifest, state, status, notice, skippedLines } = run.summary;
  const { step, total } = progress(run.summary);
  const stateName = stateText(state);
  const { experiment } = manifest;
  const last = run.newest;
  const left = timeLeft(run.summary);
  const skipped = Object.entries(skippedLines).filter(([, count]) => count > 0);
  const created = Date.parse(manifest.createdAt);
  const facts: [string, string][] = [
    [
      t('State'),
      total > 0 ? t('{0}, step {1} of {2}', stateName, step, total) : t('{0}, step {1}', stateName, step),
    ],
    [t('Created'), `${formatAgo(created, now)} (${dateText(created)})`],
    [t('Method'), methodText(experiment.method)],
    ...(manifest.study
      ? [[t('Study'), `${manifest.study.id}, ${manifest.study.variant}`] satisfies [string, string]]
      : []),
    [t('Seed'), String(manifest.seed ?? '–')],
    [t('Learning rate'), String(experiment.optimization.learningRate ?? '–')],
    [t('Policy'), experiment.policy],
    [t('Device'), manifest.device],
  ];
  if (manifest.imported) {
    facts.push([t('Imported from'), `${manifest.imported.format}, ${manifest.imported.source}`]);
  }
  if (left) facts.push([t('Time'), joined([left, formatRate(status?.secondsPerStep)])]);
  if (last) {
    const keys = ['reward', 'g2rl/similarity_mean', 'g2rl/negative_pair_ratio'] as const;
    for (const key of keys) facts.push([METRICS[key].label, formatMetric(key, last[key])]);
  }
  if (manifest.tags?.length) facts.push([t('Tags'), manifest.tags.join(', ')]);
  if (manifest.notes) facts.push([t('Notes'), oneLine(manifest.notes, 300)]);
  for (const [file, count] of skipped) facts.push([t('Unreadable lines'), t('{0} in {1}', count, file)]);
  const lines = [
    `**${escapeMarkdown(run.summary.name)}**`,
    '',
    ...facts.map(([label, value]) => `- ${label}: ${escapeMarkdown(value)}`),
    ...scoreTable(run),
  ];
  if (status?.error) {
    lines.push('', `**${t('Error:')}** ${escapeMarkdown(status.error.message)}`);
    if (status.error.hint) lines.push('', escapeMarkdown(status.error.hint));
  }
  if (state === 'lost') {
    lines.push(
      '',
      t('The process ended without a final status. Resume continues from the newest checkpoint.'),
    );
    const gpu = gpuOf(status);
    if (gpu) lines.push('', t('The driver of {0} may have ended it.', escapeMarkdown(gpu)));
  }
  if (notice) lines.push('', escapeMarkdown(notice));
  lines.push('', escapeMarkdown(run.summary.id));
  return lines.join('\n');
}

/** In the time zone of this machine: `2026-01-02 03:04`. */
function dateText(time: number): string {
  if (!Number.isFinite(time)) return '–';
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The status bar's text for the runs that are alive, and its tooltip. Null when none is. */
export function statusBarContent<T extends RunView>(
  alive: readonly T[],
  contextOf: (run: T) => RowContext,
): { text: string; tooltip: string } | null {
  const first = alive[0];
  if (!first) return null;
  const lines = alive.map(
    (run) => `${visibleText(run.summary.name)}: ${runDescription(run, contextOf(run))}`,
  );
  if (alive.length > 1) {
    return { text: `$(sync~spin) ${t('G2RL {0} runs', alive.length)}`, tooltip: lines.join('\n') };
  }
  const { step, total } = progress(first.summary);
  const rate = formatRate(first.summary.status?.secondsPerStep);
  const left = timeLeft(first.summary);
  const activity = first.summary.state === 'running' ? `${step}/${total}` : activityText(first);
  return {
    text: `$(sync~spin) G2RL ${activity}${rate ? ` · ${rate}` : ''}`,
    tooltip: [...lines, ...(left ? [left] : []), t('Click to open the dashboard')].join('\n'),
  };
}

export interface EndNotice {
  severity: 'information' | 'error';
  text: string;
  /** Whether Resume makes sense. */
  resumable: boolean;
  /** Whether a GPU may be the reason: on the processor it may go on. */
  ofGpu: boolean;
}

/**
 * What to report when a run that was alive no longer is; null for one that still is.
 * @param traits what tells it from runs of the same name
 */
export function endNotice(run: RunView, traits: readonly string[]): EndNotice | null {
  const notice = endOf(run, traits);
  const ofGpu = notice?.severity === 'error' && gpuOf(run.summary.status) !== null;
  return notice && { ...notice, ofGpu };
}

function endOf(run: RunView, traits: readonly string[]): Omit<EndNotice, 'ofGpu'> | null {
  const { state, status } = run.summary;
  const { step, total } = progress(run.summary);
  if (isAlive(state) || state === 'imported') return null;
  const title = runTitle(run.summary, traits);
  const resumable = isResumable(state);
  if (state === 'finished') {
    const score = scoreText(headlineScores(run));
    return {
      severity: 'information',
      text: score
        ? t('{0} finished after {1} steps: {2}.', title, total, score)
        : t('{0} finished after {1} steps.', title, total),
      resumable,
    };
  }
  if (state === 'stopped') {
    return {
      severity: 'information',
      text: t('{0} stopped at step {1} of {2}.', title, step, total),
      resumable,
    };
  }
  if (state === 'lost') {
    return {
      severity: 'error',
      text: t(
        '{0} was lost at step {1} of {2}: its process ended without a final status. See its log.',
        title,
        step,
        total,
      ),
      resumable,
    };
  }
  const reason = status?.error
    ? `${status.error.message} ${status.error.hint}`.trim()
    : t('See its log for the reason.');
  return {
    severity: 'error',
    text: t('{0} failed at step {1} of {2}. {3}', title, step, total, oneLine(reason, 400)),
    resumable,
  };
}

/** The inline metric panel of an experiment file as plain data: lenses, end-of-line status, hover. Pure. */
import { t } from '@vscode/l10n';
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import {
  compareRuns,
  escapeMarkdown,
  formatAgo,
  formatMetric,
  headlineScores,
  isAlive,
  type RunView,
  rewardsText,
  scores,
  timeLeft,
} from '../runs/facts/index.js';
import { METRICS, type MetricKey } from '../runs/metrics/index.js';
import type { SeriesColumns } from '../series/index.js';
import { activityText, benchmarkText, scoreText } from './run-text.js';
import { sparkBlocks, sparklineSvg, svgDataUri } from './sparkline.js';

/** What a code lens says and does. Commands take the experiment file's URI or a run's directory. */
export interface Lens {
  title: string;
  tooltip: string;
  command:
    | 'g2rl.startTraining'
    | 'g2rl.startWithChanges'
    | 'g2rl.stopTraining'
    | 'g2rl.openDashboard'
    | 'g2rl.resume'
    | 'workbench.trust.manage';
  /** Directory of the run that the command is about; the file itself when null. */
  run: string | null;
}

/** A run with the directory that names it. */
export interface LocatedRun {
  directory: string;
  view: RunView;
}

/** Offset at which the panel is shown: the line of "name", else the first brace, else the file's start. */
export function panelOffset(text: string): number {
  const root = parseTree(text);
  if (!root) return 0;
  return findNodeAtLocation(root, ['name'])?.offset ?? root.offset;
}

/** Runs of an experiment file, newest first; pinning does not matter here. */
export function runsOfExperiment<T extends LocatedRun>(runs: readonly T[], file: string): T[] {
  return runs
    .filter((run) => run.view.summary.manifest.experimentFile === file)
    .sort((a, b) =>
      compareRuns(
        { ...a.view.summary, manifest: { ...a.view.summary.manifest, pinned: false } },
        { ...b.view.summary, manifest: { ...b.view.summary.manifest, pinned: false } },
      ),
    );
}

/** @param runs the file's runs, newest first */
export function experimentLenses(runs: readonly LocatedRun[], trusted: boolean): Lens[] {
  const alive = runs.filter((run) => isAlive(run.view.summary.state));
  const shown = alive[0] ?? runs[0];
  const lenses: Lens[] = [];
  if (!trusted) {
    lenses.push({
      title: `$(shield) ${t('Trust this workspace to train')}`,
      tooltip: t(
        'Training starts a process with the settings of this file. In Restricted Mode runs can only be viewed.',
      ),
      command: 'workbench.trust.manage',
      run: null,
    });
  } else if (alive.length === 0) {
    lenses.push({
      title: `$(play) ${t('Start Training')}`,
      tooltip: t('Start a run of this experiment in a separate process'),
      command: 'g2rl.startTraining',
      run: null,
    });
  }
  for (const run of trusted ? alive : []) {
    lenses.push({
      title: `$(debug-stop) ${alive.length === 1 ? t('Stop') : t('Stop {0}', run.view.summary.id)}`,
      tooltip: t('Finish the current step, write a checkpoint and end'),
      command: 'g2rl.stopTraining',
      run: run.directory,
    });
  }
  if (trusted) {
    lenses.push({
      title: `$(settings) ${t('Start with Changes…')}`,
      tooltip: t('Start a run with another seed or other settings, now or when another run ends'),
      command: 'g2rl.startWithChanges',
      run: null,
    });
  }
  if (!shown) return lenses;
  lenses.push({
    title: `$(graph-line) ${t('Open Dashboard')}`,
    tooltip: t('Curves, geometry and benchmarks of {0}', shown.view.summary.name),
    command: 'g2rl.openDashboard',
    run: shown.directory,
  });
  const score = headlineScores(shown.view);
  if (score) {
    lenses.push({
      title: scoreText(score),
      tooltip: t('{0} at step {1}: {2}', score.benchmark, score.last.step, benchmarkText(score.last)),
      command: 'g2rl.openDashboard',
      run: shown.directory,
    });
  }
  return lenses;
}

/** The end-of-line status: `● 34/200 · reward 0.12 · pass@1 48.0 %`. Empty when the file has no run. */
export function experimentStatus(runs: readonly LocatedRun[]): string {
  const run = (runs.find((candidate) => isAlive(candidate.view.summary.state)) ?? runs[0])?.view;
  if (!run) return '';
  const last = run.newest;
  const parts = [activityText(run)];
  if (last) {
    parts.push(
      t('reward {0}', formatMetric('reward', last.reward)),
      t('train {0}', formatMetric('rewards/accuracy', last['rewards/accuracy'])),
    );
  }
  const score = scoreText(headlineScores(run));
  if (score) parts.push(score);
  const left = timeLeft(run.summary);
  if (left) parts.push(left);
  return `${isAlive(run.summary.state) ? '●' : '○'} ${parts.join(' · ')}`;
}

/** The live panel's colours in middle tones: at least 3:1 against both a white and a near-black background. */
const series: readonly { key: MetricKey; color: string }[] = [
  { key: 'reward', color: '#3b82f6' },
  { key: 'rewards/accuracy', color: '#d9730d' },
  { key: 'g2rl/similarity_mean', color: '#9a5bd0' },
];

/**
 * The hover of a run as Markdown: three sparklines and the newest scores. Data is escaped.
 * @param sketch the series, or some steps of them
 */
export function experimentHover(run: LocatedRun, sketch: SeriesColumns, now: number): string {
  const { summary, newest, benchmarks } = run.view;
  const lines = [
    t(
      '**{0}** {1}, started {2}',
      escapeMarkdown(summary.name),
      escapeMarkdown(activityText(run.view)),
      formatAgo(Date.parse(summary.manifest.createdAt), now),
    ),
    '',
  ];
  for (const { key, color } of series) {
    const { label } = METRICS[key];
    const values = [...(sketch.column(key) ?? [])];
    const svg = sparklineSvg(values, { width: 220, height: 32, color });
    if (!svg) continue;
    const last = formatMetric(key, newest?.[key] ?? values.at(-1));
    const spoken = t(
      '{0} over {1} steps: {2}',
      label,
      sketch.column('step')?.at(-1) ?? 0,
      sparkBlocks(values),
    );
    lines.push(
      `![${spoken}](${svgDataUri(svg)}|width=220,height=32) ${label} **${escapeMarkdown(last)}**`,
      '',
    );
  }
  const rewards = rewardsText(newest ?? {});
  if (rewards !== '') lines.push(t('Rewards: {0}', escapeMarkdown(rewards)), '');
  if (!newest) lines.push(t('No step is finished yet.'), '');
  for (const { benchmark, last } of scores(benchmarks)) {
    lines.push(
      `- ${t('{0}, step {1}: {2}', escapeMarkdown(benchmark), last.step, escapeMarkdown(benchmarkText(last)))}`,
    );
  }
  return lines.join('\n');
}

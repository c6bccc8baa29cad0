/** The words that the explorer, study files and notifications use for a study. Pure. */
import { t } from '@vscode/l10n';
import {
  escapeMarkdown,
  formatAgo,
  formatDuration,
  isAlive,
  progress,
  type RunView,
} from '../runs/facts/index.js';
import type { ShownStudyState, StudyFolder, StudyRun } from '../studies/folder/index.js';
import { isAtWork } from './study-library.js';

/** The run in a folder, where there is one. */
export type FindRun = (directory: string) => RunView | undefined;

export function studyStateText(state: ShownStudyState): string {
  switch (state) {
    case 'running':
      return t('running');
    case 'stopping':
      return t('stopping');
    case 'finished':
      return t('finished');
    case 'stopped':
      return t('stopped');
    case 'failed':
      return t('failed');
    case 'interrupted':
      return t('interrupted');
  }
}

export const studyIcons: Record<ShownStudyState, { icon: string; color?: string }> = {
  running: { icon: 'sync~spin', color: 'charts.blue' },
  stopping: { icon: 'loading~spin' },
  finished: { icon: 'beaker', color: 'testing.iconPassed' },
  stopped: { icon: 'debug-pause', color: 'disabledForeground' },
  failed: { icon: 'error', color: 'testing.iconFailed' },
  interrupted: { icon: 'debug-disconnect', color: 'list.warningForeground' },
};

/** As charts take them, in the order of the arms. */
const armColors = ['charts.blue', 'charts.orange', 'charts.purple', 'charts.green'];

/** The colour that an arm of a study has wherever it is shown: by its place among the arms, whose runs are in order. */
export function armColor({ runs }: Pick<StudyFolder, 'runs'>, name: string): string {
  const place = [...new Set(runs.map(({ arm }) => arm.name))].indexOf(name);
  return armColors[Math.max(0, place) % armColors.length]!;
}

export interface StudyCounts {
  planned: number;
  finished: number;
  failed: number;
  active: number;
}

export function countRuns(runs: readonly StudyRun[], find: FindRun): StudyCounts {
  const states = runs.map(({ directory }) => directory && find(directory)?.summary.state);
  return {
    planned: runs.length,
    finished: states.filter((state) => state === 'finished').length,
    failed: states.filter((state) => state === 'failed').length,
    active: states.filter((state) => state && isAlive(state)).length,
  };
}

/** Seconds until the study is done, judging by its runs so far; null when that is not known, or nothing is at work. */
export function studySecondsLeft(study: StudyFolder, find: FindRun): number | null {
  if (study.state !== 'running') return null;
  const views = study.runs.map(({ directory }) => (directory === null ? undefined : find(directory)));
  const known = views.flatMap((view) => (view ? (secondsOf(view) ?? []) : []));
  if (known.length === 0) return null;
  const perRun = known.reduce((sum, seconds) => sum + seconds, 0) / known.length;
  const left = views.reduce((sum, view) => {
    if (!view) return sum + 1;
    if (view.summary.state === 'finished') return sum;
    const { step, total } = progress(view.summary);
    return sum + 1 - step / Math.max(1, total);
  }, 0);
  const { parallel } = study.manifest.study;
  return (left * perRun) / (parallel === 'gpus' ? Math.max(1, countRuns(study.runs, find).active) : parallel);
}

/** What the whole run took or will take; null before it says how fast it is. */
function secondsOf({ summary }: RunView): number | null {
  const { status, state } = summary;
  if (!status) return null;
  if (status.secondsPerStep) return status.secondsPerStep * progress(summary).total;
  if (state !== 'finished') return null;
  return (Date.parse(status.heartbeat) - Date.parse(status.startedAt)) / 1000;
}

/** `3/10 runs · 12 min left · 2 at work`: what matters most first, for the view is narrow. */
export function studyDescription(study: StudyFolder, find: FindRun, now: number): string {
  const { state, manifest } = study;
  const { planned, finished, failed, active } = countRuns(study.runs, find);
  const left = studySecondsLeft(study, find);
  return [
    t('{0}/{1} runs', finished, planned),
    state === 'running' || state === 'finished' ? '' : studyStateText(state),
    failed > 0 ? t('{0} failed', failed) : '',
    left === null ? '' : t('{0} left', formatDuration(left)),
    active > 0 ? t('{0} at work', active) : '',
    isAtWork(study) ? '' : formatAgo(Date.parse(manifest.createdAt), now),
  ]
    .filter((part) => part !== '')
    .join(' · ');
}

/**
 * The hover of a study as Markdown. Whatever came from a file is escaped.
 * @param sentence what it has found so far
 */
export function studyTooltip(study: StudyFolder, find: FindRun, now: number, sentence: string): string {
  const { manifest, state, status } = study;
  const { score, baseline, seeds } = manifest.study;
  const facts: [string, string][] = [
    [t('State'), `${studyStateText(state)}, ${studyDescription(study, find, now)}`],
    [t('Baseline'), baseline],
    [t('Compared by'), `${score.metric}, ${score.benchmark}`],
    [t('Seeds'), typeof seeds === 'number' ? String(seeds) : seeds.join(', ')],
  ];
  const lines = [
    `**${escapeMarkdown(manifest.name)}**`,
    '',
    ...(manifest.study.description ? [escapeMarkdown(manifest.study.description), ''] : []),
    ...facts.map(([label, value]) => `- ${label}: ${escapeMarkdown(value)}`),
    '',
    escapeMarkdown(sentence),
  ];
  if (status?.error) lines.push('', escapeMarkdown(`${status.error.message} ${status.error.hint}`));
  lines.push('', escapeMarkdown(manifest.id));
  return lines.join('\n');
}

/** What a notification says of a study that has ended. */
export function studyEndNotice(
  { manifest, state, status }: StudyFolder,
  sentence: string,
): { text: string; isFailure: boolean; resumable: boolean } {
  const { name } = manifest;
  switch (state) {
    case 'finished':
      return { text: t('{0} has finished. {1}', name, sentence), isFailure: false, resumable: false };
    case 'failed': {
      const reason = status?.error ? `${status.error.message} ${status.error.hint}` : sentence;
      return { text: t('{0} failed. {1}', name, reason.trim()), isFailure: true, resumable: true };
    }
    case 'stopped':
      return { text: t('{0} was stopped. {1}', name, sentence), isFailure: false, resumable: true };
    default:
      return {
        text: t('{0} was interrupted: its runner is gone. Resume continues where it was.', name),
        isFailure: true,
        resumable: true,
      };
  }
}

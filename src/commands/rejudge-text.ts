/** What judging again changes, in words. Pure. */
import { t } from '@vscode/l10n';
import type { RejudgedScore } from '../actions/results/index.js';
import { formatPercent } from '../runs/facts/index.js';

/** Of one run. */
export interface RejudgedRun {
  name: string;
  scores: readonly RejudgedScore[];
  /** Scores that stay as they are, and why. */
  skipped: readonly string[];
}

/** More lines are counted, not shown: a dialog has no scroll bar. */
const mostLines = 12;

const count = (value: number): string => value.toLocaleString('en');

/** `12 of 3,200 verdicts change.` */
export function verdictsText(runs: readonly RejudgedRun[]): string {
  const all = runs.flatMap(({ scores }) => scores);
  const total = (of: (score: RejudgedScore) => number) => all.reduce((sum, score) => sum + of(score), 0);
  return t(
    '{0} of {1} verdicts change.',
    count(total(({ changed }) => changed)),
    count(total(({ responses }) => responses)),
  );
}

/** One line a score, those that change first; then what is left as it is. */
export function changeLines(runs: readonly RejudgedRun[]): string[] {
  const changes = runs
    .flatMap(({ name, scores }) => scores.map((score) => ({ name, score })))
    .sort((a, b) => b.score.changed - a.score.changed)
    .map(({ name, score }) => (runs.length > 1 ? `${name}: ${scoreText(score)}` : scoreText(score)));
  const skipped = runs.flatMap(({ skipped: some }) => some.map((one) => t('Left as it is: {0}.', one)));
  return [...shortened(changes), ...shortened(skipped)];
}

function scoreText({ benchmark, step, changed, responses, before, after }: RejudgedScore): string {
  const [old, now] = [before?.pass_at_1, after.pass_at_1].map((score) => formatPercent(score));
  return changed === 0
    ? t('{0} at step {1}: stays at {2}', benchmark, step, now ?? '')
    : t(
        '{0} at step {1}: {2} → {3}, {4} of {5} verdicts',
        benchmark,
        step,
        old ?? '',
        now ?? '',
        count(changed),
        count(responses),
      );
}

function shortened(lines: readonly string[]): string[] {
  if (lines.length <= mostLines) return [...lines];
  return [...lines.slice(0, mostLines), t('and {0} more', lines.length - mostLines)];
}

/** Who judged the responses behind scores, and whether another judge may come to other scores. Pure. */
import type { JudgeIdentity } from '../../../src/answers/index.js';
import type { BenchmarkRecord } from '../../../src/runs/protocol/index.js';

import { t } from './l10n.js';

type Judged = Pick<BenchmarkRecord, 'step' | 'benchmark' | 'judge' | 'samples_file'>;

export const judgeName = ({ name, version }: NonNullable<Judged['judge']>): string => `${name} ${version}`;

/** Each judge with the steps that it judged, in order; those whose judge is not known have none. */
export function judgesOf(records: readonly Judged[]): { judge: string; steps: number[] }[] {
  const judges = new Map<string, number[]>();
  for (const { judge, step } of records) {
    if (judge) judges.set(judgeName(judge), [...(judges.get(judgeName(judge)) ?? []), step]);
  }
  return [...judges].map(([judge, steps]) => ({ judge, steps }));
}

/** More steps are not named one by one. */
const mostSteps = 8;

/** `step 50`, `steps 0, 25`, `steps 0, 25, … 500`. */
export function stepsText(steps: readonly number[]): string {
  const [first, second] = steps;
  if (steps.length === 1) return t('step {0}', first ?? 0);
  return t(
    'steps {0}',
    steps.length <= mostSteps ? steps.join(', ') : `${first}, ${second}, … ${steps.at(-1)}`,
  );
}

/** Whether this version may judge some of the responses differently. Answers of Countdown are computed, not compared. */
function isOutdated({ judge, benchmark, samples_file }: Judged, current: JudgeIdentity): boolean {
  if (benchmark.startsWith('countdown-')) return false;
  if (!judge) return samples_file !== undefined;
  return judge.name === current.name && typeof judge.version === 'number' && judge.version < current.version;
}

/** Scores of an older judge: those whose responses were kept can be judged again, the others not. */
export function outdatedScores<Record extends Judged>(
  records: readonly Record[],
  current: JudgeIdentity,
): { kept: Record[]; lost: Record[] } {
  const outdated = records.filter((record) => isOutdated(record, current));
  return {
    kept: outdated.filter(({ samples_file }) => samples_file !== undefined),
    lost: outdated.filter(({ samples_file }) => samples_file === undefined),
  };
}

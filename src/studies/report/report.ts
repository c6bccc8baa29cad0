/** What a study has found: every arm's scores, each against the baseline, and one sentence. */
import { runStateOf, type StudyFolder, type StudyRun } from '../folder/index.js';
import { armsOf, type ScoreMetric } from '../plan/index.js';
import { type ArmsReport, reportArms } from './arms.js';
import { readScoredRun, type ScoredRun, unlike } from './scores.js';

export interface StudyReport extends ArmsReport {
  study: string;
  name: string;
  state: string;
  /** Runs planned, and those that finished. */
  runs: { planned: number; finished: number };
  benchmark: string;
  metric: ScoreMetric;
  step: string | number;
  /** What a reader should know before believing it. */
  notes: string[];
}

/** @throws {RunFileError} when the study cannot be read */
export async function reportStudy(folder: StudyFolder): Promise<StudyReport> {
  const { manifest, state } = folder;
  const { score, baseline } = manifest.study;
  const finished = new Map<StudyRun, boolean>();
  for (const run of folder.runs) finished.set(run, (await runStateOf(run)) === 'finished');
  const counted = folder.runs.filter((run) => finished.get(run));
  const scored = (await Promise.all(counted.map((run) => readScoredRun(run, score)))).filter(
    (run) => run !== null,
  );
  const { benchmark, metric } = score;
  return {
    study: manifest.id,
    name: manifest.name,
    state,
    runs: { planned: folder.runs.length, finished: counted.length },
    benchmark,
    metric,
    step: score.step,
    ...(await reportArms(scored, armsOf(manifest.study), { benchmark, metric, baseline })),
    notes: notesOf(folder, scored, counted.length),
  };
}

function notesOf({ runs, manifest }: StudyFolder, scored: readonly ScoredRun[], finished: number): string[] {
  const notes = unlike(scored);
  if (finished < runs.length)
    notes.unshift(`${finished} of ${runs.length} runs have finished: figures will change.`);
  const without = scored.filter(({ records }) => !records.has(manifest.study.score.benchmark));
  if (without.length > 0)
    notes.push(
      `${without.length} finished ${without.length === 1 ? 'run has' : 'runs have'} no score of ${manifest.study.score.benchmark} at ${typeof manifest.study.score.step === 'number' ? `step ${manifest.study.score.step}` : 'any step'}.`,
    );
  if (manifest.study.score.step === 'best')
    notes.push(
      'Each run counts with its best evaluation, which flatters every variant and the noisier one most.',
    );
  return notes;
}

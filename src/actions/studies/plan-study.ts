/** What a study will run, before anything of it is started. */
import { t } from '@vscode/l10n';
import { chooseEngine } from '../../engines/torch/plan/index.js';
import { formatBytes, formatDuration } from '../../runs/facts/index.js';
import { refuseMixture } from '../../studies/control/index.js';
import {
  runStateOf,
  type StudyFolder,
  type StudyRun,
  studiesDirectoryOf,
  studyOf,
} from '../../studies/folder/index.js';
import type { LoadedStudy, StudyLoadOptions } from '../../studies/plan/index.js';
import { estimateRun, type RunEstimate } from '../../studies/report/index.js';
import type { Host, Ui } from '../index.js';

/** What a study is begun from. */
export interface NewStudy {
  /**
   * Reads the study for an engine and shows what is wrong with it and what it warns of.
   * @throws KnownError when it cannot be run
   */
  read(engine: Pick<StudyLoadOptions, 'auto'>): Promise<LoadedStudy>;
  /** Folder that its runs are stored in. */
  runsDirectory: string;
}

/** Reads a study with the engine that `auto` stands for here. @throws KnownError */
export async function readNewStudy({ read }: NewStudy, host: Host, ui: Ui): Promise<LoadedStudy> {
  const loaded = await read({});
  if (loaded.arms.every(({ experiment }) => experiment.engine !== 'auto')) return loaded;
  const choice = chooseEngine(await host.inspectTorch());
  ui.info(choice.reason);
  return read({ auto: choice.engine });
}

export interface StudyPlan {
  /** Runs in all, and those that have not finished. */
  runs: number;
  left: number;
  /** The study that the file has begun already. */
  existing: StudyFolder | null;
  finished: readonly StudyRun[];
  /** Of all that is left; null while no run of the experiment has finished here. */
  estimate: RunEstimate | null;
}

/**
 * @param anew leaves an earlier study of the same file as it is
 * @throws {MixtureError} when runs that exist were made with other settings
 */
export async function planStudy(
  loaded: LoadedStudy,
  { runsDirectory, anew }: { runsDirectory: string; anew?: boolean },
): Promise<StudyPlan> {
  const { arms, seeds, study } = loaded;
  const existing = anew ? null : await studyOf(studiesDirectoryOf(runsDirectory), loaded.file);
  if (existing) await refuseMixture(existing, loaded);
  const states = await Promise.all((existing?.runs ?? []).map(runStateOf));
  const finished = (existing?.runs ?? []).filter((_, place) => states[place] === 'finished');
  const planned = new Set(arms.flatMap(({ name }) => seeds.map((seed) => `${name} ${seed}`)));
  const runs = arms.length * seeds.length;
  const left = runs - finished.filter(({ arm, seed }) => planned.has(`${arm.name} ${seed}`)).length;
  const one = await estimateRun(loaded, runsDirectory);
  const parallel = study.parallel === 'gpus' ? 1 : study.parallel;
  const estimate = one && { ...one, seconds: (one.seconds * left) / parallel, bytes: one.bytes * left };
  return { runs, left, existing, finished, estimate };
}

/** `10 runs, 8 to do: grpo, g2rl with 5 seeds each.` */
export function planText({ arms, seeds }: LoadedStudy, { runs, left }: StudyPlan): string {
  const names = arms.map(({ name }) => name);
  const shown = names.length > 6 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ');
  return seeds.length === 1
    ? t('{0} runs, {1} to do: {2} with one seed each.', runs, left, shown)
    : t('{0} runs, {1} to do: {2} with {3} seeds each.', runs, left, shown, seeds.length);
}

export function estimateText({ estimate }: StudyPlan): string {
  return estimate
    ? t(
        'About {0} and {1}, judging by {2}.',
        formatDuration(estimate.seconds),
        formatBytes(estimate.bytes),
        estimate.from,
      )
    : t('How long it takes is not known: no run of this experiment has finished here.');
}

/** From the text of a study file to all of its runs, or to everything that is wrong with it. */
import { dirname, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import {
  allFields,
  type Experiment,
  ExperimentDocument,
  ExperimentError,
  type ExperimentProblem,
  experimentSchema,
  type FieldPath,
  fieldNames,
  formatPath,
  isOverridden,
  type LoadOptions,
  loadExperiment,
  nearestName,
  parseExperiment,
  parsePath,
  problemsOfIssues,
  type QuickFix,
  readSource,
  remove,
  rename,
  setTo,
} from '../../experiment/index.js';
import { armProblems } from './arm-problems.js';
import { ownProblems } from './own-problems.js';
import { type Arm, armsOf, type PlannedArm, seedsOf } from './points.js';
import { STUDY_SCHEMA_VERSION, type Study, studySchema } from './schema.js';

export type StudyLoadOptions = Pick<LoadOptions, 'mediaDirectory' | 'engineChecks' | 'auto'>;

export interface LoadedStudy {
  /** Absolute path of the study file. */
  file: string;
  /** With baseline and benchmark filled in. */
  study: Study & { baseline: string; score: { benchmark: string } };
  /** Absolute path of the experiment that all runs begin from. */
  experimentFile: string;
  /** That experiment's text, which the runs are made from. */
  experimentText: string;
  arms: PlannedArm[];
  seeds: number[];
  warnings: ExperimentProblem[];
}

/** @throws {ExperimentError} with every problem that was found in the study, or in its experiment */
export function loadStudy(file: string, options: StudyLoadOptions): LoadedStudy {
  const absolute = resolve(file);
  return parseStudy(readSource(absolute, t('study files are named *.g2rl-study.json')), absolute, options);
}

/** The same for a text that may not be saved yet. @throws {ExperimentError} */
export function parseStudy(text: string, file: string, options: StudyLoadOptions): LoadedStudy {
  const document = new ExperimentDocument(text, file);
  refuse(file, document.syntaxProblems(t('New Study writes a first one.')));
  const value = document.value();
  refuse(file, newerSchema(value, document));
  refuse(file, notAStudy(value, document));
  const result = studySchema.safeParse(value);
  if (!result.success) {
    throw refusal(file, [
      ...document.duplicateKeys(),
      ...problemsOfIssues(result.error.issues, value, studySchema, document),
    ]);
  }
  const study = result.data;
  refuse(file, [...document.duplicateKeys(), ...ownProblems(study, document)]);

  const experimentFile = resolve(dirname(file), study.experiment);
  const experimentText = readBase(experimentFile, document);
  const { experiment, warnings } = loadExperiment(experimentFile, options);
  const baseline = study.baseline ?? Object.keys(study.variants)[0]!;
  const benchmark = study.score.benchmark ?? experiment.evaluation.benchmarks[0]?.name;
  const arms = planArms({ study, experimentFile, experimentText, document, options });
  refuse(file, armProblems(arms, study.score, benchmark, document));
  return {
    file,
    study: { ...study, baseline, score: { ...study.score, benchmark: benchmark! } },
    experimentFile,
    experimentText,
    arms,
    seeds: seedsOf(study),
    warnings: [...warnings, ...doubtful(study, document)],
  };
}

function refuse(file: string, problems: readonly ExperimentProblem[]): void {
  if (problems.length > 0) throw refusal(file, problems);
}

function refusal(file: string, problems: readonly ExperimentProblem[]): ExperimentError {
  const seen = new Set<string>();
  const once = problems.filter(({ line, column, message }) => {
    const key = `${line}:${column}:${message}`;
    return !seen.has(key) && seen.add(key);
  });
  return new ExperimentError(
    file,
    once.sort((a, b) => a.line - b.line || a.column - b.column),
  );
}

function newerSchema(value: unknown, document: ExperimentDocument): ExperimentProblem[] {
  if (typeof value !== 'object' || value === null || !('schema' in value)) return [];
  if (typeof value.schema !== 'number' || value.schema <= STUDY_SCHEMA_VERSION) return [];
  const message = t(
    'schema: this study is of version {0}; this G2RL Lab reads up to version {1}',
    value.schema,
    STUDY_SCHEMA_VERSION,
  );
  return [document.problem(['schema'], message, t('Update G2RL Lab.'))];
}

/** Of an experiment every field would be reported as unknown. */
function notAStudy(value: unknown, document: ExperimentDocument): ExperimentProblem[] {
  if (typeof value !== 'object' || value === null || 'experiment' in value || 'variants' in value) return [];
  const fields = fieldNames(studySchema, []);
  const isExperiment = fieldNames(experimentSchema, []).some(
    (name) => !fields.includes(name) && name in value,
  );
  if (!isExperiment) return [];
  const hint = t('A study names the experiment in "experiment", and what it tries in "variants".');
  return [document.problem([], t('this is an experiment, not a study'), hint)];
}

function readBase(experimentFile: string, document: ExperimentDocument): string {
  if (/\.g2rl-study\.jsonc?$/.test(experimentFile)) {
    const message = t('experiment: {0} is a study', experimentFile);
    const hint = t('Name the experiment file that its runs begin from.');
    throw refusal(document.file, [document.problem(['experiment'], message, hint)]);
  }
  try {
    return readSource(experimentFile, t('experiment files are named *.g2rl.json'));
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    const { message } = error.problems[0]!;
    const hint = t('The path is relative to the study file.');
    throw refusal(document.file, [document.problem(['experiment'], `experiment: ${message}`, hint)]);
  }
}

interface ArmSource {
  study: Study;
  experimentFile: string;
  experimentText: string;
  document: ExperimentDocument;
  options: StudyLoadOptions;
}

function planArms({ study, experimentFile, experimentText, document, options }: ArmSource): PlannedArm[] {
  const problems: ExperimentProblem[] = [];
  const planned: PlannedArm[] = [];
  for (const arm of armsOf(study)) {
    try {
      planned.push({
        ...arm,
        experiment: armExperiment(arm, { experimentFile, experimentText, ...options }),
      });
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      problems.push(...error.problems.map((problem) => inStudy(problem, arm, study, document)));
    }
  }
  refuse(document.file, problems);
  return planned;
}

/**
 * The experiment of an arm, with the seed and the name that are given.
 * @throws {ExperimentError} whose places are those of the experiment file
 */
export function armExperiment(
  { settings }: Pick<Arm, 'settings'>,
  source: StudyLoadOptions & Pick<LoadedStudy, 'experimentFile' | 'experimentText'>,
  own: Readonly<Record<string, string | number>> = {},
): Experiment {
  const { experimentFile, experimentText, ...options } = source;
  const set = [...settings, ...Object.entries(own)].map(
    ([path, value]) => `${path}=${JSON.stringify(value)}`,
  );
  return parseExperiment(experimentText, experimentFile, { ...options, set }).experiment;
}

/** Where the study says what is wrong: at the setting that brings it, else at the arm's variant. */
function inStudy(
  problem: ExperimentProblem,
  arm: Arm,
  study: Study,
  document: ExperimentDocument,
): ExperimentProblem {
  const brings = (path: string) =>
    isOverridden(problem.path, [formatPath(parsePath(path))]) || problem.message.includes(`"${path}=`);
  // A section that there is not is unknown as a whole.
  const isWithin = (path: string) => isOverridden(formatPath(parsePath(path)), [problem.path]);
  const find = (settings: object) =>
    Object.keys(settings).find(brings) ?? Object.keys(settings).find(isWithin);
  const inVariant = find(study.variants[arm.variant] ?? {});
  const inGrid = find(study.grid);
  const place: FieldPath =
    inGrid !== undefined
      ? ['grid', inGrid]
      : ['variants', arm.variant, ...(inVariant === undefined ? [] : [inVariant])];
  const where = inGrid !== undefined ? 'grid' : `variants.${arm.variant}`;
  const key = inGrid ?? inVariant;
  const taken = Object.keys(inGrid === undefined ? (study.variants[arm.variant] ?? {}) : study.grid);
  const fixes = key === undefined ? [] : fixesIn(place, key, problem.fixes ?? [], taken);
  const at = fixes.some(({ change }) => change.kind === 'remove') ? 'key' : 'value';
  return document.problem(place, `${where}: ${problem.message}`, problem.hint, { at, fixes });
}

/** Fixes of an experiment where its setting is a key of the study. @param taken keys that are there already */
function fixesIn(
  place: FieldPath,
  key: string,
  fixes: readonly QuickFix[],
  taken: readonly string[],
): QuickFix[] {
  const own = formatPath(parsePath(key));
  const isUnknown = fixes.some(({ change }) => change.kind === 'remove');
  const meant = isUnknown ? nearestName(own, allFields(experimentSchema)) : undefined;
  // Whether the experiment sets it as well does not matter here.
  const first = meant === undefined || meant === own || taken.includes(meant) ? [] : [rename(place, meant)];
  const others = fixes.flatMap(({ change }): QuickFix[] => {
    // A value of a list, or one within what the key sets, is in another place.
    if (formatPath(change.path) !== own) return [];
    switch (change.kind) {
      case 'rename':
        return [rename(place, formatPath([...change.path.slice(0, -1), change.to]))];
      case 'move':
        return [rename(place, formatPath(change.to))];
      case 'remove':
        return [remove(place)];
      default:
        return place[0] === 'grid' ? [] : [setTo(place, change.value)];
    }
  });
  return [...first, ...others.filter(({ title }) => title !== first[0]?.title)];
}

/** What can be run, but hardly means what its author hopes. */
function doubtful(study: Study, document: ExperimentDocument): ExperimentProblem[] {
  const found: ExperimentProblem[] = [];
  const seeds = seedsOf(study).length;
  if (seeds < 5 && Object.keys(study.variants).length > 1) {
    const message =
      seeds === 1
        ? t('seeds: one seed cannot tell variants from chance')
        : t('seeds: {0} seeds cannot tell variants from chance', seeds);
    const hint = t('Take at least 5; more can be added to the same study later.');
    found.push(document.problem(['seeds'], message, hint, { fixes: [setTo(['seeds'], 5)] }));
  }
  return found;
}

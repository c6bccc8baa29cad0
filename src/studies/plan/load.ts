/** From the text of a study file to all of its runs, or to everything that is wrong with it. */
import { dirname, resolve } from 'node:path';
import {
  type Experiment,
  ExperimentDocument,
  ExperimentError,
  type ExperimentProblem,
  type FieldPath,
  formatPath,
  isOverridden,
  type LoadOptions,
  loadExperiment,
  nearestHint,
  parseExperiment,
  parsePath,
  problemsOfIssues,
  readSource,
} from '../../experiment/index.js';
import { describeDifference, settingDifferences } from './differences.js';
import { type Arm, armsOf, runCount, seedsOf } from './points.js';
import { mostRuns, STUDY_SCHEMA_VERSION, type Study, studySchema } from './schema.js';

export type StudyLoadOptions = Pick<LoadOptions, 'mediaDirectory' | 'engineChecks' | 'auto'>;

/** An arm with its experiment: seed 0, paths absolute, defaults filled in. */
export interface PlannedArm extends Arm {
  experiment: Experiment;
}

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

const fileKind = 'study files are named *.g2rl-study.json';

/** @throws {ExperimentError} with every problem that was found in the study, or in its experiment */
export function loadStudy(file: string, options: StudyLoadOptions): LoadedStudy {
  const absolute = resolve(file);
  return parseStudy(readSource(absolute, fileKind), absolute, options);
}

/** The same for a text that may not be saved yet. @throws {ExperimentError} */
export function parseStudy(text: string, file: string, options: StudyLoadOptions): LoadedStudy {
  const document = new ExperimentDocument(text, file);
  refuse(file, document.syntaxProblems());
  const value = document.value();
  refuse(file, newerSchema(value, document));
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
  refuse(file, [
    ...twins(arms, document),
    ...mixedEngines(arms, document),
    ...unscored(arms, benchmark, document),
  ]);
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
  const message = `schema: this study is of version ${value.schema}; this G2RL Lab reads up to version ${STUDY_SCHEMA_VERSION}`;
  return [document.problem(['schema'], message, 'Update G2RL Lab.')];
}

function readBase(experimentFile: string, document: ExperimentDocument): string {
  try {
    return readSource(experimentFile, 'experiment files are named *.g2rl.json');
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    const { message } = error.problems[0]!;
    const hint = 'The path is relative to the study file.';
    throw refusal(document.file, [document.problem(['experiment'], `experiment: ${message}`, hint)]);
  }
}

/** What can be said of a study without its experiment. */
function ownProblems(study: Study, document: ExperimentDocument): ExperimentProblem[] {
  const { variants, grid, seeds, baseline } = study;
  const problems: ExperimentProblem[] = [];
  const names = Object.keys(variants);
  if (baseline !== undefined && !names.includes(baseline)) {
    const message = `baseline: there is no variant "${baseline}"`;
    const hint = nearestHint(baseline, names) || `Variants: ${names.join(', ')}.`;
    problems.push(document.problem(['baseline'], message, hint));
  }
  if (typeof seeds !== 'number') {
    for (const [place, seed] of seeds.entries()) {
      if (seeds.indexOf(seed) !== place)
        problems.push(
          document.problem(['seeds', place], `seeds: ${seed} is listed twice`, 'Keep one of them.'),
        );
    }
  }
  const count = runCount(study);
  if (count > mostRuns) {
    const message = `the study has ${count.toLocaleString('en-US')} runs; at most ${mostRuns.toLocaleString('en-US')} are possible`;
    const hint = 'Take values out of the grid, or split it into several studies.';
    problems.push(document.problem([count > 0 ? 'grid' : 'seeds'], message, hint));
  }
  for (const [path, values] of Object.entries(grid)) {
    const texts = values.map((value) => JSON.stringify(value));
    for (const [place, text] of texts.entries()) {
      if (texts.indexOf(text) !== place)
        problems.push(
          document.problem(
            ['grid', path, place],
            `grid.${path}: ${text} is listed twice`,
            'Keep one of them.',
          ),
        );
    }
  }
  const places: FieldPath[] = [
    ...Object.entries(variants).flatMap(([name, settings]) =>
      Object.keys(settings).map((path) => ['variants', name, path]),
    ),
    ...Object.keys(grid).map((path) => ['grid', path]),
  ];
  for (const place of places) problems.push(...misplaced(place, study, document));
  return problems;
}

/** Settings that the study itself gives, and those that a variant and the grid would both give. */
function misplaced(place: FieldPath, { grid }: Study, document: ExperimentDocument): ExperimentProblem[] {
  const key = String(place.at(-1));
  const path = formatPath(parsePath(key));
  const where = formatPath(place.slice(0, -1));
  const own: Readonly<Record<string, string>> = {
    seed: 'Seeds are listed under "seeds".',
    name: 'Runs are named by the study, the variant and the seed.',
    schema: 'It belongs in the experiment file.',
  };
  if (Object.hasOwn(own, path))
    return [document.problem(place, `${where}: "${key}" cannot be set by a study`, own[path], { at: 'key' })];
  const crossed = place[0] === 'variants' ? Object.keys(grid) : [];
  const other = crossed.find(
    (candidate) =>
      isOverridden(path, [formatPath(parsePath(candidate))]) ||
      isOverridden(formatPath(parsePath(candidate)), [path]),
  );
  if (other === undefined) return [];
  const message = `${where}: "${key}" is also in the grid, as "${other}"`;
  return [document.problem(place, message, 'Keep it in one of them.', { at: 'key' })];
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
  const inVariant = Object.keys(study.variants[arm.variant] ?? {}).find(brings);
  const inGrid = Object.keys(study.grid).find(brings);
  const place: FieldPath =
    inGrid !== undefined
      ? ['grid', inGrid]
      : ['variants', arm.variant, ...(inVariant === undefined ? [] : [inVariant])];
  const where = inGrid !== undefined ? 'grid' : `variants.${arm.variant}`;
  return document.problem(place, `${where}: ${problem.message}`, problem.hint, {
    at: problem.message.endsWith('no such field') ? 'key' : 'value',
  });
}

/** Arms whose experiments are the same would be compared with themselves. */
function twins(arms: readonly PlannedArm[], document: ExperimentDocument): ExperimentProblem[] {
  const byContent = new Map<string, PlannedArm>();
  return arms.flatMap((arm) => {
    const { $schema, name, description, ...settings } = arm.experiment;
    const content = JSON.stringify(settings);
    const twin = byContent.get(content);
    byContent.set(content, twin ?? arm);
    if (!twin) return [];
    const message = `variants.${arm.variant}: "${arm.name}" and "${twin.name}" are the same experiment`;
    return [
      document.problem(['variants', arm.variant], message, 'Change a setting of one of them, or remove it.', {
        at: 'key',
      }),
    ];
  });
}

/** Scores of two engines do not differ by the method alone. */
function mixedEngines(
  [first, ...others]: readonly PlannedArm[],
  document: ExperimentDocument,
): ExperimentProblem[] {
  const other = others.find(({ experiment }) => experiment.engine !== first?.experiment.engine);
  if (!first || !other) return [];
  const [difference] = settingDifferences([first, other].map(({ experiment: { engine } }) => ({ engine })));
  const message = `"${first.name}" and "${other.name}" would run on different engines: ${describeDifference(difference!)}`;
  return [
    document.problem(['variants', other.variant], message, 'Give all of them the same "engine".', {
      at: 'key',
    }),
  ];
}

/** Every arm must be scored on the benchmark that decides. */
function unscored(
  arms: readonly PlannedArm[],
  benchmark: string | undefined,
  document: ExperimentDocument,
): ExperimentProblem[] {
  for (const { name, experiment } of arms) {
    const scored = experiment.evaluation.benchmarks.map((request) => request.name);
    if (benchmark !== undefined && scored.includes(benchmark)) continue;
    const message =
      benchmark === undefined
        ? 'score: the experiment is evaluated on no benchmark'
        : `score.benchmark: "${name}" is not evaluated on "${benchmark}"`;
    const hint =
      scored.length === 0
        ? 'Add one under "evaluation.benchmarks" of the experiment.'
        : nearestHint(benchmark ?? '', scored) || `It is evaluated on ${scored.join(', ')}.`;
    return [document.problem(['score', 'benchmark'], message, hint)];
  }
  return [];
}

/** What can be run, but hardly means what its author hopes. */
function doubtful(study: Study, document: ExperimentDocument): ExperimentProblem[] {
  const found: ExperimentProblem[] = [];
  const seeds = seedsOf(study).length;
  if (seeds < 5 && Object.keys(study.variants).length > 1) {
    const message = `seeds: ${seeds === 1 ? 'one seed' : `${seeds} seeds`} cannot tell variants from chance`;
    found.push(
      document.problem(['seeds'], message, 'Take at least 5; more can be added to the same study later.'),
    );
  }
  return found;
}

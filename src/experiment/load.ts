/** From the text of an experiment file to an experiment that can be run, or to everything that is wrong with it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { checkExperiment, type EngineChecks } from './checks.js';
import { ExperimentDocument } from './document.js';
import { type FieldPath, formatPath } from './field-path.js';
import { problemsOfIssues } from './issues.js';
import { isOverridden, OverrideSyntaxError, parseOverride, withOverride } from './overrides.js';
import { withPreset } from './preset.js';
import { ExperimentError, type ExperimentProblem } from './problems.js';
import { resolvePaths } from './resolve.js';
import { EXPERIMENT_SCHEMA_VERSION, type Experiment, experimentSchema } from './schema.js';

export interface LoadOptions {
  /** `key=value` texts; the key is a dotted path, the value JSON or else a text. Later ones win. */
  set?: readonly string[];
  /** The `media` folder with the shipped policies. */
  mediaDirectory: string;
  /** What each engine refuses; of the one that will run it the rules are checked. */
  engineChecks: EngineChecks;
  /** What the engine `auto` stands for on this machine; without it the rules of neither engine are checked. */
  auto?: 'embedded' | 'torch';
  /** The engine that will run it, regardless of the file. */
  engine?: 'embedded' | 'torch';
}

export interface LoadedExperiment {
  /** Defaults filled in, paths absolute. */
  experiment: Experiment;
  warnings: ExperimentProblem[];
}

/**
 * Reads an experiment file.
 * @throws {ExperimentError} with every problem that was found.
 */
export function loadExperiment(file: string, options: LoadOptions): LoadedExperiment {
  const absolute = resolve(file);
  return parseExperiment(readSource(absolute, 'experiment files are named *.g2rl.json'), absolute, options);
}

/**
 * The text of a file that a person wrote.
 * @param kind how such files are named, for the hint
 * @throws {ExperimentError}
 */
export function readSource(file: string, kind: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ExperimentError(file, [unreadable(file, error, kind)]);
  }
}

/**
 * The same for a text that may not be saved yet; `file` says where it belongs.
 * @throws {ExperimentError}
 */
export function parseExperiment(text: string, file: string, options: LoadOptions): LoadedExperiment {
  const document = new ExperimentDocument(text, file);
  refuse(file, document.syntaxProblems(t('Write at least {} to take every default.')), []);

  let value = document.value();
  const overridden: string[] = [];
  const badOverrides: ExperimentProblem[] = [];
  for (const entry of options.set ?? []) {
    try {
      const override = parseOverride(entry);
      value = withOverride(value, override);
      overridden.push(formatPath(override.path));
    } catch (error) {
      if (!(error instanceof OverrideSyntaxError)) throw error;
      badOverrides.push({ ...document.problem([], error.message), origin: 'override' });
    }
  }
  refuse(file, newerSchema(value, document), overridden);
  const unusable = nullCharacters(value, document);
  if (unusable.length > 0) refuse(file, [...badOverrides, ...unusable], overridden);

  refuse(file, notAnExperiment(value, document), []);
  const filled = withPreset(value, document, overridden);
  const result = experimentSchema.safeParse(filled.value);
  const problems = [...badOverrides, ...document.duplicateKeys(), ...filled.problems];
  if (!result.success) {
    problems.push(...problemsOfIssues(result.error.issues, value, experimentSchema, document));
    refuse(file, problems, overridden);
    throw new Error('unreachable: a failed parse has issues');
  }
  const engine = options.engine ?? result.data.engine;
  const chosen = { ...result.data, engine: engine === 'auto' ? (options.auto ?? engine) : engine };
  const resolved = resolvePaths(chosen, document, options.mediaDirectory);
  const found = checkExperiment(resolved.experiment, value, document, options.engineChecks);
  const warnings = withOrigin(found.warnings, overridden).sort(inOrder);
  refuse(file, [...problems, ...found.errors, ...resolved.problems], overridden, warnings);
  return { experiment: resolved.experiment, warnings };
}

/** In the order of the file. */
const inOrder = (a: ExperimentProblem, b: ExperimentProblem): number =>
  a.line - b.line || a.column - b.column;

function withOrigin(problems: readonly ExperimentProblem[], overridden: readonly string[]) {
  return problems.map(
    (problem): ExperimentProblem =>
      isOverridden(problem.path, overridden) ? { ...problem, origin: 'override' } : problem,
  );
}

function refuse(
  file: string,
  problems: readonly ExperimentProblem[],
  overridden: readonly string[],
  warnings: readonly ExperimentProblem[] = [],
): void {
  if (problems.length === 0) return;
  throw new ExperimentError(file, withOrigin(problems, overridden).sort(inOrder), warnings);
}

/** No path and no name can hold one; the file system's calls throw at it. */
function nullCharacters(
  value: unknown,
  document: ExperimentDocument,
  path: FieldPath = [],
): ExperimentProblem[] {
  if (typeof value === 'string' && value.includes('\0')) {
    return [
      document.problem(
        path,
        t('{0}: contains a null character (\\u0000)', formatPath(path)),
        t('Remove it.'),
      ),
    ];
  }
  if (typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([key, part]) =>
    nullCharacters(part, document, [...path, isList ? Number(key) : key]),
  );
}

/** Of a study every field would be reported as unknown. */
function notAnExperiment(value: unknown, document: ExperimentDocument): ExperimentProblem[] {
  if (typeof value !== 'object' || value === null || !('experiment' in value && 'variants' in value))
    return [];
  const hint = t('Check it with g2rl study plan, start it with g2rl study run or Start Study.');
  return [document.problem([], t('this is a study, not an experiment'), hint)];
}

/** A file of a later version may mean other things by the same names, so nothing else in it is judged. */
function newerSchema(value: unknown, document: ExperimentDocument): ExperimentProblem[] {
  if (typeof value !== 'object' || value === null || !('schema' in value)) return [];
  if (typeof value.schema !== 'number' || value.schema <= EXPERIMENT_SCHEMA_VERSION) return [];
  return [
    document.problem(
      ['schema'],
      t(
        'schema: this file is of version {0}; this G2RL Lab reads up to version {1}',
        value.schema,
        EXPERIMENT_SCHEMA_VERSION,
      ),
      t('Update G2RL Lab.'),
    ),
  ];
}

function unreadable(file: string, error: unknown, kind: string): ExperimentProblem {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const messages: Record<string, [string, string]> = {
    ENOENT: [t('there is no file {0}', file), t('Check the path; {0}.', kind)],
    EISDIR: [t('{0} is a folder', file), t('Specify the file in it; {0}.', kind)],
    EACCES: [t('{0} is not readable by this user', file), t('Change its permissions.')],
  };
  const [message, hint] = messages[code] ?? [t('{0} cannot be read ({1})', file, code || String(error)), ''];
  return { file, line: 1, column: 1, length: 0, path: '', message, hint, origin: 'file' };
}

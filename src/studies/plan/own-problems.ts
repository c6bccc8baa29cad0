/** What is wrong with a study by itself, whatever its experiment says. */
import { t } from '@vscode/l10n';
import {
  type ExperimentDocument,
  type ExperimentProblem,
  type FieldPath,
  formatPath,
  isOverridden,
  nearestHint,
  nearestName,
  parsePath,
  type QuickFix,
  remove,
  setTo,
  written,
} from '../../experiment/index.js';
import { runCount } from './points.js';
import { mostRuns, type Study } from './schema.js';

/** What can be said of a study without its experiment. */
export function ownProblems(study: Study, document: ExperimentDocument): ExperimentProblem[] {
  const { variants, grid, seeds, baseline } = study;
  const problems: ExperimentProblem[] = [];
  const names = Object.keys(variants);
  if (baseline !== undefined && !names.includes(baseline)) {
    const message = t('baseline: there is no variant "{0}"', baseline);
    const hint = nearestHint(baseline, names) || t('Variants: {0}.', names.join(', '));
    problems.push(
      document.problem(['baseline'], message, hint, { fixes: choices(['baseline'], baseline, names) }),
    );
  }
  if (typeof seeds !== 'number') {
    for (const [place, seed] of seeds.entries()) {
      if (seeds.indexOf(seed) !== place)
        problems.push(twice(['seeds', place], t('seeds: {0} is listed twice', seed), document));
    }
  }
  const count = runCount(study);
  if (count > mostRuns) {
    const message = t(
      'the study has {0} runs; at most {1} are possible',
      count.toLocaleString('en-US'),
      mostRuns.toLocaleString('en-US'),
    );
    const hint = t('Take fewer seeds or values of the grid, or split it into several studies.');
    problems.push(document.problem([Object.keys(grid).length > 0 ? 'grid' : 'seeds'], message, hint));
  }
  for (const [path, values] of Object.entries(grid)) {
    const texts = values.map((value) => JSON.stringify(value));
    for (const [place, text] of texts.entries()) {
      if (texts.indexOf(text) !== place)
        problems.push(twice(['grid', path, place], t('grid.{0}: {1} is listed twice', path, text), document));
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

/** A value of a list, which goes. */
const twice = (place: FieldPath, message: string, document: ExperimentDocument): ExperimentProblem =>
  document.problem(place, message, t('Keep one of them.'), { fixes: [remove(place)] });

/** The names that a field may have instead, the likeliest first. */
export function choices(place: FieldPath, given: string, names: readonly string[]): QuickFix[] {
  const nearest = nearestName(given, names);
  const others = names.filter((name) => name !== nearest);
  return [...(nearest === undefined ? [] : [nearest]), ...others].map((name) => setTo(place, name));
}

/** Settings that the study itself gives, and those that a variant and the grid would both give. */
function misplaced(place: FieldPath, { grid }: Study, document: ExperimentDocument): ExperimentProblem[] {
  const key = String(place.at(-1));
  const path = formatPath(parsePath(key));
  const where = formatPath(place.slice(0, -1));
  const own: Readonly<Record<string, string>> = {
    seed: t('Seeds are listed under "seeds".'),
    name: t('Runs are named by the study, the variant and the seed.'),
    schema: t('It belongs in the experiment file.'),
  };
  const fixes = [remove(place)];
  if (parsePath(key).includes('')) {
    const message = t('{0}: "{1}" is not the path of a setting', where, written(key));
    const hint = t('Write it as in optimization.learningRate.');
    return [document.problem(place, message, hint, { at: 'key', fixes })];
  }
  if (Object.hasOwn(own, path)) {
    const message = t('{0}: "{1}" cannot be set by a study', where, key);
    return [document.problem(place, message, own[path], { at: 'key', fixes })];
  }
  const crossed = place[0] === 'variants' ? Object.keys(grid) : [];
  const other = crossed.find(
    (candidate) =>
      isOverridden(path, [formatPath(parsePath(candidate))]) ||
      isOverridden(formatPath(parsePath(candidate)), [path]),
  );
  if (other === undefined) return [];
  const message = t('{0}: "{1}" is also in the grid, as "{2}"', where, key, other);
  return [document.problem(place, message, t('Keep it in one of them.'), { at: 'key', fixes })];
}

/** Every question that can be asked about runs, by its name. */
import { evaluations, flips, problem, problems } from './evaluations.js';
import { findings } from './findings.js';
import { group, groups, prompts } from './groups.js';
import { type Query, type QueryContext, unknownName } from './query.js';
import { log, responses } from './responses.js';
import { runs, settings } from './runs.js';
import { metrics, series, snapshot } from './series.js';
import { studies, study } from './studies.js';

export const QUERIES: Readonly<Record<string, Query>> = {
  runs,
  findings,
  settings,
  metrics,
  series,
  snapshot,
  groups,
  group,
  prompts,
  responses,
  evaluations,
  problems,
  problem,
  flips,
  log,
  studies,
  study,
};

/** Searches through large files go on for so long at most. */
export const usualPatience = 20_000;

/** @throws {QueryError} for an unknown question or wrong arguments, {KnownError} for what cannot be read */
export async function ask(
  name: string,
  given: unknown,
  { root, patience = usualPatience }: Pick<QueryContext, 'root'> & Partial<QueryContext>,
): Promise<Record<string, unknown>> {
  const query = Object.hasOwn(QUERIES, name) ? QUERIES[name] : undefined;
  if (!query) throw unknownName('question', name, Object.keys(QUERIES));
  return query.ask({ root, patience }, given);
}

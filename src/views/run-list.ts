/** Which runs the explorer shows, in which order and under which headings. Pure. */
import { basename } from 'node:path';
import { compareRuns, headlineScores, type RunView, stateText } from '../runs/facts/index.js';

export const sortKeys = ['newest', 'oldest', 'name', 'score', 'state'] as const;
export type SortKey = (typeof sortKeys)[number];
export const groupKeys = ['study', 'none', 'experiment', 'method', 'state'] as const;
export type GroupKey = (typeof groupKeys)[number];

/** Groups with a heading above their runs; runs of studies stand below their study. */
type HeadingKey = Exclude<GroupKey, 'none' | 'study'>;

export interface RunListSettings {
  /** What was typed; empty shows every run. */
  filter: string;
  sort: SortKey;
  group: GroupKey;
}

export const defaultListSettings: RunListSettings = { filter: '', sort: 'newest', group: 'study' };

/** What was stored, with the default in place of what this version does not know. */
export function listSettingsOf(stored: unknown): RunListSettings {
  if (typeof stored !== 'object' || stored === null) return defaultListSettings;
  const { filter, sort, group }: Partial<Record<string, unknown>> = { ...stored };
  return {
    filter: typeof filter === 'string' ? filter : '',
    sort: sortKeys.find((key) => key === sort) ?? 'newest',
    group: groupKeys.find((key) => key === group) ?? 'study',
  };
}

/** What a run is found by, besides the words in `texts`. */
const fields: Record<string, (run: RunView) => readonly string[]> = {
  name: ({ summary }) => [summary.name],
  method: ({ summary }) => [summary.manifest.experiment.method.name],
  state: ({ summary }) => [summary.state, stateText(summary.state)],
  tag: ({ summary }) => summary.manifest.tags ?? [],
  seed: ({ summary }) => [String(summary.manifest.seed)],
  experiment: (run) => [experimentOf(run)],
  policy: ({ summary }) => [summary.manifest.experiment.policy],
  engine: ({ summary }) => [summary.manifest.engine],
  study: ({ summary }) => (summary.manifest.study ? [summary.manifest.study.id] : []),
  variant: ({ summary }) => (summary.manifest.study ? [summary.manifest.study.variant] : []),
};

function experimentOf({ summary }: RunView): string {
  const { experimentFile, experiment } = summary.manifest;
  return experimentFile ? basename(experimentFile) : experiment.name;
}

function texts(run: RunView): string[] {
  const { id, manifest } = run.summary;
  const named = Object.values(fields).flatMap((values) => [...values(run)]);
  return [...named, id, `seed ${manifest.seed}`, manifest.notes ?? ''];
}

const normal = (text: string) => text.toLocaleLowerCase();

/** Words, and phrases in double quotes. */
function termsOf(filter: string): string[] {
  return (filter.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []).map((term) => normal(term.replaceAll('"', '')));
}

/** Whether every word of the filter is found in the run: anywhere, or as `method:grpo` in that field. */
export function matchesFilter(run: RunView, filter: string): boolean {
  return termsOf(filter).every((term) => {
    const colon = term.indexOf(':');
    const name = colon > 0 ? term.slice(0, colon) : '';
    if (!Object.hasOwn(fields, name)) return texts(run).some((text) => normal(text).includes(term));
    const wanted = term.slice(colon + 1);
    const values = (fields[name]?.(run) ?? []).map(normal);
    // While it is still being typed, `state:` leaves nothing out.
    if (wanted === '') return true;
    // Seed 1 is not seed 12.
    return values.some((value) => (name === 'seed' ? value === wanted : value.includes(wanted)));
  });
}

/** `method:grpo` with the number of runs it would show, for those that tell the runs apart. */
export function filterSuggestions(runs: readonly RunView[]): { term: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const name of ['state', 'method', 'tag', 'experiment'] as const) {
    for (const run of runs) {
      const values = new Set((fields[name]?.(run) ?? []).slice(0, name === 'tag' ? undefined : 1));
      for (const value of values) {
        const term = `${name}:${/\s/.test(value) ? `"${value}"` : value}`;
        counts.set(term, (counts.get(term) ?? 0) + 1);
      }
    }
  }
  return [...counts].map(([term, count]) => ({ term, count }));
}

const byPinned = (a: RunView, b: RunView) =>
  Number(b.summary.manifest.pinned ?? false) - Number(a.summary.manifest.pinned ?? false);

const stateOrder = ['running', 'evaluating', 'starting', 'stopping', 'failed', 'lost', 'stopped', 'finished'];

const orders: Record<SortKey, (a: RunView, b: RunView) => number> = {
  newest: () => 0,
  oldest: (a, b) => compareRuns(b.summary, a.summary),
  name: (a, b) => a.summary.name.localeCompare(b.summary.name, undefined, { numeric: true }),
  score: (a, b) => scoreOf(b) - scoreOf(a),
  state: (a, b) => stateOrder.indexOf(a.summary.state) - stateOrder.indexOf(b.summary.state),
};

/** Runs without a score come last. */
function scoreOf(run: RunView): number {
  return headlineScores(run)?.last.pass_at_1 ?? -1;
}

/** Pinned ones first, equal ones newest first. */
export function sortRuns<T extends RunView>(runs: readonly T[], sort: SortKey): T[] {
  return [...runs].sort((a, b) => byPinned(a, b) || orders[sort](a, b) || compareRuns(a.summary, b.summary));
}

/** The heading that a run stands under. */
function headingOf(run: RunView, group: HeadingKey): string {
  return fields[group]?.(run)[0] ?? '';
}

/** Runs by their heading, in the order of their first run; states in their own order. */
export function groupRuns<T extends RunView>(runs: readonly T[], group: HeadingKey): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const run of runs) {
    const heading = headingOf(run, group);
    groups.set(heading, [...(groups.get(heading) ?? []), run]);
  }
  if (group !== 'state') return groups;
  return new Map([...groups].sort(([a], [b]) => stateOrder.indexOf(a) - stateOrder.indexOf(b)));
}

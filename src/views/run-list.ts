/** Which runs the explorer shows, in which order and under which headings. Pure. */
import { compareRuns, dayOf, headlineScores, type RunView, rowOf, runFilter } from '../runs/facts/index.js';

export const sortKeys = ['newest', 'oldest', 'name', 'score', 'state'] as const;
export type SortKey = (typeof sortKeys)[number];
export const groupKeys = ['study', 'none', 'experiment', 'day', 'method', 'state'] as const;
export type GroupKey = (typeof groupKeys)[number];

/** Groups with a heading above their runs; runs of studies stand below their study. */
type HeadingKey = Exclude<GroupKey, 'none' | 'study'>;

export interface RunListSettings {
  /** What was typed; empty shows every run. */
  filter: string;
  sort: SortKey;
  group: GroupKey;
  /** Archived runs are shown with the others. */
  archived: boolean;
}

export const defaultListSettings: RunListSettings = {
  filter: '',
  sort: 'newest',
  group: 'study',
  archived: false,
};

/** What was stored, with the default in place of what this version does not know. */
export function listSettingsOf(stored: unknown): RunListSettings {
  if (typeof stored !== 'object' || stored === null) return defaultListSettings;
  const { filter, sort, group, archived }: Partial<Record<string, unknown>> = { ...stored };
  return {
    filter: typeof filter === 'string' ? filter : '',
    sort: sortKeys.find((key) => key === sort) ?? 'newest',
    group: groupKeys.find((key) => key === group) ?? 'study',
    archived: archived === true,
  };
}

/** Whether a run is shown: what each word and comparison of the filter asks for is found in it. */
export function filterOf(filter: string, archived = false): (run: RunView) => boolean {
  if (filter.trim() === '') return ({ summary }) => archived || !summary.manifest.archived;
  const fits = runFilter(filter, archived);
  return (run) => fits(rowOf(run), (path) => settingAt(run.summary.manifest.experiment, path));
}

function settingAt(experiment: object, path: string): unknown {
  let value: unknown = experiment;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = value[key as keyof typeof value];
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : value;
}

const byPinned = (a: RunView, b: RunView) =>
  Number(b.summary.manifest.pinned ?? false) - Number(a.summary.manifest.pinned ?? false);

const stateOrder = [
  'running',
  'evaluating',
  'starting',
  'stopping',
  'failed',
  'lost',
  'stopped',
  'finished',
  'imported',
];

const collator = new Intl.Collator(undefined, { numeric: true });

const orders: Record<SortKey, (a: RunView, b: RunView) => number> = {
  newest: () => 0,
  oldest: (a, b) => compareRuns(b.summary, a.summary),
  name: (a, b) => collator.compare(a.summary.name, b.summary.name),
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
  if (group === 'day') return dayOf(Date.parse(run.summary.manifest.createdAt));
  return rowOf(run)[group];
}

/** Runs by their heading, in the order of their first run; states in their own order. */
export function groupRuns<T extends RunView>(runs: readonly T[], group: HeadingKey): Map<string, T[]> {
  const groups = Map.groupBy(runs, (run) => headingOf(run, group));
  if (group !== 'state') return groups;
  return new Map([...groups].sort(([a], [b]) => stateOrder.indexOf(a) - stateOrder.indexOf(b)));
}

/** Runs that differ in nothing but their seed are one variant. Pure. */
import { isReadBy } from '../../method-settings.js';
import { oneLine, type RunSummary } from '../../runs/facts/index.js';
import { type Setting, type SettingDifference, settingDifferences } from '../../studies/plan/index.js';

/** What grouping looks at. */
export interface GroupableRun {
  directory: string;
  summary: Pick<RunSummary, 'id' | 'name' | 'manifest'>;
}

export interface Variant<Run extends GroupableRun = GroupableRun> {
  /** Unique: the settings in which it differs from the others. */
  name: string;
  /** In a study with a grid the variant at whatever point; else the name. */
  variant: string;
  /** By seed, then by age. */
  runs: Run[];
}

/** They say where and how fast a run trains, not what. */
const unimportant = /^(seed|threads|device)$/;

const longestName = 60;
const mostSettings = 3;

/** Variants of runs in the order of their oldest runs. */
export function groupRuns<Run extends GroupableRun>(runs: readonly Run[]): Variant<Run>[] {
  const byAge = [...runs].sort((a, b) =>
    a.summary.manifest.createdAt < b.summary.manifest.createdAt ? -1 : 1,
  );
  const differences = settingDifferences(byAge.map(({ summary }) => summary.manifest.experiment))
    .filter(({ path }) => !unimportant.test(path))
    // The method says most.
    .sort((a, b) => Number(b.path === 'method.name') - Number(a.path === 'method.name'));
  const groups = new Map<string, number[]>();
  for (const place of byAge.keys()) {
    const key = JSON.stringify(differences.map(({ values }) => values[place]));
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  const taken = new Set<string>();
  return [...groups.values()].map((places) => {
    const first = byAge[places[0]!]!;
    const settings = settingsText(first, differences, places[0]!);
    const name = unique(settings || oneLine(first.summary.name, longestName), taken);
    return { name, variant: name, runs: bySeed(places.map((place) => byAge[place]!)) };
  });
}

/** `g2rl learningRate=0.0002`. */
function settingsText(
  { summary }: GroupableRun,
  differences: readonly SettingDifference[],
  place: number,
): string {
  const method = summary.manifest.experiment.method.name;
  const parts = differences
    .filter(({ path, values }) => values[place] !== 'absent' && isReadBy(path, method))
    .slice(0, mostSettings)
    .map(({ path, values }) => settingText(path, values[place]!));
  return oneLine(parts.join(' '), longestName);
}

function settingText(path: string, setting: Setting): string {
  const value = setting === 'absent' ? 'absent' : setting.value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return path === 'method.name' ? text : `${path.split('.').at(-1)}=${text}`;
}

function unique(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count++) candidate = `${name} (${count})`;
  taken.add(candidate);
  return candidate;
}

function bySeed<Run extends GroupableRun>(runs: readonly Run[]): Run[] {
  return [...runs].sort((a, b) => a.summary.manifest.seed - b.summary.manifest.seed);
}

/** Of each seed the newest run: a seed counts once in statistics. */
export function newestOfEachSeed<Run extends GroupableRun>(runs: readonly Run[]): Run[] {
  const newest = new Map<number, Run>();
  for (const run of runs) {
    const { seed, createdAt } = run.summary.manifest;
    const known = newest.get(seed);
    if (!known || known.summary.manifest.createdAt < createdAt) newest.set(seed, run);
  }
  return [...newest.values()];
}

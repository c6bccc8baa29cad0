/**
 * Runs that differ in nothing but their seed are one variant. Logs of other programs say only some of their settings: of
 * them runs are one variant when all they say is the same and each has another seed. Pure.
 */
import { isReadBy } from '../../method-settings.js';
import { oneLine, type RunSummary } from '../../runs/facts/index.js';
import type { ImportedFrom } from '../../runs/protocol/index.js';
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

const isOlder = (a: GroupableRun, b: GroupableRun) =>
  a.summary.manifest.createdAt < b.summary.manifest.createdAt ? -1 : 1;

/** Variants of runs in the order of their oldest runs. */
export function groupRuns<Run extends GroupableRun>(runs: readonly Run[]): Variant<Run>[] {
  const taken = new Set<string>();
  const isImported = ({ summary }: Run) => summary.manifest.imported !== undefined;
  const byAge = [...runs].sort(isOlder);
  const own = ownVariants(
    byAge.filter((run) => !isImported(run)),
    taken,
  );
  const imported = importedVariants(byAge.filter(isImported), taken);
  return [...own, ...imported].sort((a, b) => byAge.indexOf(a.oldest) - byAge.indexOf(b.oldest));
}

type Aged<Run extends GroupableRun> = Variant<Run> & { oldest: Run };

function ownVariants<Run extends GroupableRun>(byAge: readonly Run[], taken: Set<string>): Aged<Run>[] {
  const differences = settingDifferences(byAge.map(({ summary }) => summary.manifest.experiment))
    .filter(({ path }) => !unimportant.test(path))
    // The method says most.
    .sort((a, b) => Number(b.path === 'method.name') - Number(a.path === 'method.name'));
  const groups = new Map<string, number[]>();
  for (const place of byAge.keys()) {
    const key = JSON.stringify(differences.map(({ values }) => values[place]));
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  return [...groups.values()].map((places) => {
    const oldest = byAge[places[0]!]!;
    const settings = settingsText(oldest, differences, places[0]!);
    const name = unique(settings || oneLine(oldest.summary.name, longestName), taken);
    return { name, variant: name, oldest, runs: bySeed(places.map((place) => byAge[place]!)) };
  });
}

/** Where a program writes, and what it calls a run, say nothing about the training. */
const ofPlace =
  /seed|(^|[._])(run_name|name|experiment_name|output_dir|logging_dir|local_dir|hub_model_id)$/i;

/** All that a log says of how its run was trained; null where that is nothing. */
function saidKey({ format, settings = {} }: ImportedFrom): string | null {
  const said = settingDifferences([settings, {}]).filter(({ path }) => !ofPlace.test(path));
  return said.length === 0 ? null : JSON.stringify([format, said.sort((a, b) => (a.path < b.path ? -1 : 1))]);
}

function importedVariants<Run extends GroupableRun>(byAge: readonly Run[], taken: Set<string>): Aged<Run>[] {
  const groups = Map.groupBy(byAge, ({ directory, summary: { manifest } }) => {
    const key = manifest.imported && Number.isInteger(manifest.seed) ? saidKey(manifest.imported) : null;
    return key ?? directory;
  });
  return [...groups.values()].flatMap((members) => {
    const seeds = new Set(members.map(({ summary }) => summary.manifest.seed));
    // Of one seed with the same settings something differs that the logs do not say, as the rewards.
    const variants = seeds.size === members.length ? [members] : members.map((run) => [run]);
    return variants.map((all) => {
      const oldest = all[0]!;
      const name = unique(oneLine(oldest.summary.name, longestName), taken);
      return { name, variant: name, oldest, runs: bySeed(all) };
    });
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

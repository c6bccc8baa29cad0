/** Settings that differ between experiments. Pure. */

/** What a setting is: its JSON value, or absent, which is not null. */
export type Setting = { value: unknown } | 'absent';

export interface SettingDifference {
  /** Dotted path. */
  path: string;
  /** One of each experiment, in their order. */
  values: Setting[];
}

/** Not settings: what an experiment is called does not change what it does. */
const names: ReadonlySet<string> = new Set(['$schema', 'schema', 'name', 'description']);

/**
 * The settings in which the experiments are not all the same, in the order in which they first appear. Lists and empty
 * objects are values; objects are looked into.
 */
export function settingDifferences(experiments: readonly object[]): SettingDifference[] {
  const flat = experiments.map((experiment) => new Map(leaves(experiment)));
  const paths = new Set(flat.flatMap((settings) => [...settings.keys()]));
  const found: SettingDifference[] = [];
  for (const path of paths) {
    const texts = flat.map((settings) => settings.get(path));
    if (new Set(texts).size < 2) continue;
    const values = texts.map(
      (text): Setting => (text === undefined ? 'absent' : { value: JSON.parse(text) }),
    );
    found.push({ path, values });
  }
  return found;
}

function leaves(value: object, above = ''): [path: string, json: string][] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]): [string, string][] => {
    if ((above === '' && names.has(key)) || part === undefined) return [];
    const path = above === '' ? key : `${above}.${key}`;
    const isObject = typeof part === 'object' && part !== null && !Array.isArray(part);
    if (isObject && Object.keys(part).length > 0) return leaves(part, path);
    return [[path, JSON.stringify(path === 'policy' ? policyName(part) : sorted(part))]];
  });
}

/** Policies that come with G2RL Lab are in another folder with each of its versions. */
const policyName = (policy: unknown): unknown =>
  typeof policy === 'string' ? policy.replace(/^.*[\\/]media[\\/]policies[\\/]([^\\/]+)$/, '$1') : policy;

/** The same text for the same value, in whatever order its keys were written. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}

/** `method.lambda 0.5 → 1`, of two experiments. */
export function describeDifference({ path, values }: SettingDifference): string {
  const shown = values.map((setting) => (setting === 'absent' ? 'absent' : JSON.stringify(setting.value)));
  return `${path} ${shown.join(' → ')}`;
}

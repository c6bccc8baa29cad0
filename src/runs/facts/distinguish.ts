/** What tells runs of the same name apart: the settings in which they differ. Pure. */
import { isReadBy } from '../../method-settings.js';
import type { RunSummary } from './run-summary.js';
import { visibleText } from './visible-text.js';

/** Settings as short as the field writes them, those that people vary most first. */
const shortNames: readonly [path: string, name: string][] = [
  ['method.name', ''],
  ['seed', 'seed'],
  ['method.lambda', 'λ'],
  ['method.shaping', ''],
  ['optimization.learningRate', 'lr'],
  ['optimization.klCoefficient', 'β'],
  ['rollout.groupSize', 'm'],
  ['rollout.temperature', 'T'],
  ['optimization.steps', 'steps'],
];

/** Not settings of the training: they are shown by themselves, or say where and how fast it runs. */
const ignored = /^(name|engine|threads|device)\b/;

const mostShown = 3;

type Flat = ReadonlyMap<string, unknown>;

/** Every setting by its path; lists are values. */
function flatten(value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    into.set(path, Array.isArray(value) ? JSON.stringify(value) : value);
    return into;
  }
  for (const [key, child] of Object.entries(value)) flatten(child, path ? `${path}.${key}` : key, into);
  return into;
}

/** Of a manifest that is the same object the same settings: with a thousand runs they are asked for again and again. */
const flattened = new WeakMap<object, Flat>();

function settingsOf(manifest: RunSummary['manifest']): Flat {
  const known = flattened.get(manifest) ?? flatten({ ...manifest.experiment, seed: manifest.seed });
  flattened.set(manifest, known);
  return known;
}

function differingPaths(all: readonly Flat[]): string[] {
  const paths = [...new Set(all.flatMap((one) => [...one.keys()]))].filter((path) => !ignored.test(path));
  const differing = paths.filter((path) => new Set(all.map((one) => one.get(path))).size > 1);
  const rank = (path: string) => {
    const index = shortNames.findIndex(([name]) => name === path);
    return index < 0 ? shortNames.length : index;
  };
  return differing.sort((a, b) => rank(a) - rank(b));
}

function valueText(value: unknown): string {
  if (typeof value === 'number') {
    return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential().replace('e-', 'e−') : String(value);
  }
  const text = value === undefined ? '–' : String(value);
  // Of a path the end says most.
  return text.length > 24 ? `…${text.slice(-23)}` : text;
}

function settingText(path: string, value: unknown): string {
  const known = shortNames.find(([name]) => name === path);
  const name = known ? known[1] : (path.split('.').at(-1) ?? path);
  return name ? `${name} ${valueText(value)}` : valueText(value);
}

/**
 * Of every run, by id: its method, then up to three settings in which it differs from the other runs of its name, as
 * `['g2rl', 'seed 3', 'λ 0.5']`.
 */
export function distinguish(runs: readonly RunSummary[]): Map<string, string[]> {
  const byName = Map.groupBy(runs, ({ name }) => name);
  const traits = new Map<string, string[]>();
  for (const group of byName.values()) {
    const settings = group.map(({ manifest }) => settingsOf(manifest));
    const paths = differingPaths(settings)
      .filter((path) => path !== 'method.name')
      .slice(0, mostShown);
    for (const [index, { id, manifest }] of group.entries()) {
      const own = settings[index];
      const shown = paths.filter((path) => own?.has(path) && isReadBy(path, manifest.experiment.method.name));
      traits.set(id, [...methodOf(manifest), ...shown.map((path) => settingText(path, own?.get(path)))]);
    }
  }
  return traits;
}

/** A log of another program need not say it. */
function methodOf({ experiment, imported }: RunSummary['manifest']): string[] {
  const name: string = experiment.method.name;
  return imported && name === '–' ? [] : [name];
}

/** Which run: `short (g2rl, seed 3)`. */
export function runTitle({ name, manifest }: RunSummary, traits: readonly string[] = []): string {
  const all = traits.length > 0 ? traits : methodOf(manifest);
  const seed = `seed ${manifest.seed}`;
  const isSaid = all.includes(seed) || (manifest.imported !== undefined && !Number.isInteger(manifest.seed));
  const shown = [...all, ...(isSaid ? [] : [seed])];
  return shown.length > 0 ? `${visibleText(name)} (${shown.join(', ')})` : visibleText(name);
}

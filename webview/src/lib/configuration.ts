/** A run's manifest as rows of names and values, and what of it is not as usual. Pure. */
import { t } from '@vscode/l10n';
import type { RunManifest } from '../../../src/runs/protocol/index.js';

export interface Row {
  name: string;
  value: string;
  /** The default that it differs from; missing where it is the default, or where there is none. */
  usual?: string;
}
export interface Section {
  title: string;
  rows: Row[];
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Leaves of nested objects with dotted names; arrays of objects keep their index. */
export function flatten(value: unknown, name: string): Row[] {
  if (typeof value !== 'object' || value === null) return [{ name, value: text(value) }];
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) {
    return [{ name, value: value.length === 0 ? '–' : value.map(text).join(', ') }];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, name === '' ? key : `${name}.${key}`),
  );
}

/**
 * Rows with the defaults that they differ from. A setting without a default differs from not being there.
 * @param defaults the same settings as an empty experiment has them; null while they are not known
 */
function compared(rows: Row[], defaults: unknown): Row[] {
  if (defaults === null) return rows;
  const usual = new Map(flatten(defaults, '').map((row) => [row.name, row.value]));
  return rows.map((row) => {
    const value = usual.get(row.name) ?? '–';
    const same = value === row.value || (row.name === 'policy' && isShipped(row.value, value));
    return same ? row : { ...row, usual: value };
  });
}

/** A policy that comes with G2RL Lab is resolved to its folder. */
function isShipped(path: string, name: string): boolean {
  const [folder, parent] = path.split(/[\\/]/).reverse();
  return folder === name && parent === 'policies';
}

/** Settings that name an experiment or its file rather than say what it does. */
const names: ReadonlySet<string> = new Set(['$schema', 'schema', 'name', 'description']);

/** @param defaults the experiment with every default, or null while it is not known */
export function sections(
  manifest: RunManifest,
  defaults: Readonly<Record<string, unknown>> | null = null,
): Section[] {
  const { experiment, imported } = manifest;
  // What a log does not say is not known to be the default.
  const usual = imported ? null : defaults;
  const isSection = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const plain = Object.entries(experiment).filter(([, value]) => !isSection(value));
  const nested = Object.entries(experiment).filter(([, value]) => isSection(value));
  const rows = (entries: [string, unknown][]) => entries.flatMap(([name, value]) => flatten(value, name));
  const all = [
    {
      title: t('Run'),
      rows: [
        { name: t('id'), value: manifest.id },
        { name: t('created'), value: manifest.createdAt },
        ...(imported
          ? [{ name: t('imported from'), value: `${imported.format}, ${imported.source}` }]
          : [{ name: t('experiment file'), value: text(manifest.experimentFile) }]),
        { name: t('engine'), value: imported ? manifest.engine : `${manifest.engine}, ${manifest.device}` },
        ...(manifest.devices ?? []).map(({ step, device }) => ({
          name: t('device from step {0}', step + 1),
          value: device,
        })),
        ...(manifest.engineReason === undefined ? [] : [{ name: t('why'), value: manifest.engineReason }]),
        { name: t('starting policy, SHA-256'), value: manifest.policyChecksum || '–' },
        {
          name: 'git',
          value: manifest.git
            ? manifest.git.dirty
              ? t('{0} with changes', manifest.git.commit)
              : manifest.git.commit
            : '–',
        },
        {
          name: t('parent'),
          value: manifest.parent ? `${manifest.parent.run}, ${manifest.parent.checkpoint}` : '–',
        },
      ],
    },
    {
      title: t('Experiment'),
      rows: [
        ...rows(plain.filter(([name]) => names.has(name))),
        ...compared(rows(plain.filter(([name]) => !names.has(name))), usual),
      ],
    },
    ...nested.map(([title, value]) => ({
      title,
      rows: compared(flatten(value, ''), usual && (usual[title] ?? {})),
    })),
    { title: t('Versions'), rows: flatten(manifest.versions, '') },
    ...(imported?.settings ? [{ title: t('Log'), rows: flatten(imported.settings, '') }] : []),
  ];
  return imported ? withoutGaps(all) : all;
}

/** What a log does not say is left out. */
const withoutGaps = (all: readonly Section[]): Section[] =>
  all
    .map(({ title, rows }) => ({ title, rows: rows.filter(({ value }) => value !== '–') }))
    .filter(({ rows }) => rows.length > 0);

/** Of each section the settings that are not as usual; sections without any are left out. */
export function differing(all: readonly Section[]): Section[] {
  return all
    .map(({ title, rows }) => ({ title, rows: rows.filter(({ usual }) => usual !== undefined) }))
    .filter(({ rows }) => rows.length > 0);
}

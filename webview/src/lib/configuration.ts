/** A run's manifest as rows of names and values. Pure. */
import type { RunManifest } from '../../../src/runs/protocol/index.js';

export interface Row {
  name: string;
  value: string;
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
    return [{ name, value: value.map(text).join(', ') }];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, name === '' ? key : `${name}.${key}`),
  );
}

export function sections(manifest: RunManifest): Section[] {
  const { experiment } = manifest;
  const plain = Object.entries(experiment).filter(([, value]) => typeof value !== 'object');
  const nested = Object.entries(experiment).filter(([, value]) => typeof value === 'object');
  return [
    {
      title: 'Run',
      rows: [
        { name: 'id', value: manifest.id },
        { name: 'created', value: manifest.createdAt },
        { name: 'experiment file', value: text(manifest.experimentFile) },
        { name: 'engine', value: `${manifest.engine}, ${manifest.device}` },
        ...(manifest.engineReason === undefined ? [] : [{ name: 'why', value: manifest.engineReason }]),
        { name: 'starting policy, SHA-256', value: manifest.policyChecksum || '–' },
        {
          name: 'git',
          value: manifest.git ? `${manifest.git.commit}${manifest.git.dirty ? ' with changes' : ''}` : '–',
        },
        {
          name: 'parent',
          value: manifest.parent ? `${manifest.parent.run}, ${manifest.parent.checkpoint}` : '–',
        },
      ],
    },
    { title: 'Experiment', rows: plain.map(([name, value]) => ({ name, value: text(value) })) },
    ...nested.map(([title, value]) => ({ title, rows: flatten(value, '') })),
    { title: 'Versions', rows: flatten(manifest.versions, '') },
  ];
}

import { expect, test } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { differing, sections } from '../../../webview/src/lib/configuration.js';
import { runOf } from '../views/fixtures.js';

const defaults = experimentSchema.parse({}) as Record<string, unknown>;
const sectionsOf = (experiment: object, known: Record<string, unknown> | null = defaults) => {
  const { manifest } = runOf().summary;
  return sections({ ...manifest, experiment: experimentSchema.parse(experiment) }, known);
};
const differences = (experiment: object) =>
  differing(sectionsOf(experiment)).flatMap(({ title, rows }) =>
    rows.map(({ name, value, usual }) => [title, name, value, usual]),
  );

test('settings that are not the defaults are marked, with the default', () => {
  expect(differences({ name: 'mine', description: 'of mine' })).toEqual([]);
  expect(differences({ seed: 3, method: { lambda: 0.25 }, torch: { cpu: true } })).toEqual([
    ['Experiment', 'seed', '3', '0'],
    ['method', 'lambda', '0.25', '0.5'],
    ['torch', 'cpu', 'true', 'false'],
  ]);
});

test('what has no default differs from not being there; a shipped policy is the same in its folder', () => {
  expect(differences({ task: { file: '/data/mine.jsonl' } })).toEqual([
    ['task', 'file', '/data/mine.jsonl', '–'],
  ]);
  expect(differences({ policy: '/ext/media/policies/countdown' })).toEqual([]);
  expect(differences({ policy: '/models/countdown' })).toEqual([
    ['Experiment', 'policy', '/models/countdown', 'countdown'],
  ]);
});

test('while the defaults are not known nothing is marked', () => {
  expect(differing(sectionsOf({ seed: 3 }, null))).toEqual([]);
});

test('a run that was resumed on another device says from which step each computed', () => {
  const { manifest } = runOf().summary;
  const devices = [
    { step: 0, device: 'RTX 4060 (WebGPU)' },
    { step: 50, device: 'CPU, 2 threads' },
  ];
  expect(sections({ ...manifest, devices })[0]?.rows).toEqual(
    expect.arrayContaining([
      { name: 'device from step 1', value: 'RTX 4060 (WebGPU)' },
      { name: 'device from step 51', value: 'CPU, 2 threads' },
    ]),
  );
});

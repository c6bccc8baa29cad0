/** A run's settings as an experiment file again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { parseExperiment } from '../../../src/experiment/load.js';
import { writeExperiment } from '../../../src/experiment/write.js';
import { scratch } from '../../scratch.js';

const options = { mediaDirectory: resolve('media'), engineChecks };

function again(content: object, folder: string) {
  const file = join(folder, 'a.g2rl.json');
  const { experiment } = parseExperiment(JSON.stringify(content), file, options);
  const text = writeExperiment(experiment, { ...options, folder });
  return { experiment, text, reread: parseExperiment(text, file, options) };
}

test.each([
  {},
  { seed: 3, method: { name: 'grpo' }, optimization: { steps: 5 }, rollout: { keep: 'none' } },
  { evaluation: { benchmarks: [] } },
  { evaluation: { benchmarks: [{ name: 'math500', temperature: 0.5, samples: 2 }, {}] } },
  { engine: 'torch', policy: 'Qwen/Qwen3-1.7B-Base', torch: { lora: {}, vllm: { mode: 'colocate' } } },
  { task: { name: 'problems', file: 'own.jsonl', problem: 'q' } },
  {
    rewards: [
      { name: 'correct' },
      { name: 'format', python: 'own.py:f', weight: 0.2 },
      { name: 'short', command: ['./own.sh', 'own.jsonl', '--x'], seconds: 2 },
    ],
  },
])('%j reads as the same experiment', (content) => {
  const folder = scratch('write');
  mkdirSync(folder, { recursive: true });
  for (const name of ['own.jsonl', 'own.py', 'own.sh']) writeFileSync(join(folder, name), '');
  const { experiment, reread } = again(content, folder);
  expect(reread.experiment).toEqual(experiment);
  expect(reread.warnings.filter(({ unused }) => unused)).toEqual([]);
});

test('the file can be moved: shipped policies by name, files beside it by a relative path, no defaults', () => {
  const folder = scratch('write-moved');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'own.jsonl'), '');
  const { text } = again({ task: { name: 'problems', file: 'own.jsonl' } }, folder);
  expect(JSON.parse(text)).toMatchObject({ policy: 'countdown', task: { file: './own.jsonl' } });
  expect(text).not.toContain('numberCounts');
  const old = { ...again({}, folder).experiment, policy: '/old/version/media/policies/countdown' };
  expect(JSON.parse(writeExperiment(old, { ...options, folder }))).toMatchObject({ policy: 'countdown' });
});

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { benchmarkNameOf, loadBenchmark } from '../../../src/benchmarks/load.js';
import { registry } from '../../../src/benchmarks/registry.js';
import { fileFormats } from '../../../src/benchmarks/rows.js';
import { engineChecks } from '../../../src/engines/checks/engine-checks.js';
import { benchmarkNames } from '../../../src/experiment/checks.js';
import { parseExperiment } from '../../../src/experiment/load.js';
import { ExperimentError } from '../../../src/experiment/problems.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { scratch } from '../../scratch.js';

let root: string;

beforeAll(() => {
  root = scratch('experiment');
  const policy = join(root, 'media', 'policies', 'countdown');
  mkdirSync(policy, { recursive: true });
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json'])
    writeFileSync(join(policy, name), '{}');
  writeFileSync(join(root, 'my problems.jsonl'), '{"q":"1+1?","a":"2"}\n');
});

/** The benchmarks of an experiment that lists these. */
const benchmarks = (...list: object[]) =>
  parseExperiment(JSON.stringify({ evaluation: { benchmarks: list } }), join(root, 'a.g2rl.json'), {
    mediaDirectory: join(root, 'media'),
    engineChecks,
  }).experiment.evaluation.benchmarks;

function problem(...list: object[]): string {
  try {
    benchmarks(...list);
  } catch (error) {
    if (error instanceof ExperimentError)
      return error.problems.map((p) => `${p.message}\n${p.hint}`).join('\n');
    throw error;
  }
  throw new Error('it was accepted');
}

describe('benchmarks of an experiment', () => {
  it('are those of the registry, each by its own temperature', () => {
    const known = registry.filter((entry) => entry.kind === 'countdown' || entry.role === 'benchmark');
    expect(benchmarkNames).toEqual(known.map(({ name }) => name));
    const asked = benchmarks(...known.map(({ name }) => ({ name })));
    expect(asked.map(({ temperature }) => temperature)).toEqual(
      known.map(({ defaults }) => defaults.temperature),
    );
    expect(benchmarks({ name: 'aime24', temperature: 0 })[0]).toMatchObject({ temperature: 0, samples: 16 });
    expect(experimentSchema.parse({}).evaluation.benchmarks).toEqual([
      { name: 'countdown-test', samples: 16, limit: 200, temperature: 1, seed: 0 },
    ]);
  });

  it('may be files, which are loaded as they are written', async () => {
    const [file] = benchmarks({ file: 'my problems.jsonl', problem: 'q', answer: 'a' });
    expect(file).toMatchObject({
      name: 'my-problems',
      file: join(root, 'my problems.jsonl'),
      temperature: 0.8,
    });
    const loaded = await loadBenchmark(file!, { cacheDirectory: root });
    expect(loaded).toMatchObject({
      name: 'my-problems',
      problems: [{ id: 'my-problems-0', problem: '1+1?', answer: '2' }],
    });
    expect(benchmarkNameOf(file!.file!)).toBe(file!.name);
    // What a run keeps of its experiment is read again later.
    expect(experimentSchema.parse({ evaluation: { benchmarks: [file] } }).evaluation.benchmarks[0]).toEqual(
      file,
    );
  });

  it.each(fileFormats)('may be %s', (format) => {
    expect(benchmarks({ file: 'my problems.jsonl', format })[0]).toMatchObject({ format });
  });

  it.each([
    [[{ name: 'aime23' }], /there is no benchmark "aime23"\nDid you mean "aime2[45]"/],
    [[{ name: 'mine' }], /there is no benchmark "mine"\n.*set "file"/],
    [[{ file: 'no.jsonl' }], /evaluation\.benchmarks\[0\]\.file: there is no file .*no\.jsonl/],
    [
      [{ name: 'countdown-test', file: 'my problems.jsonl' }],
      /the problems of "countdown-test" are generated/,
    ],
    [[{ file: 'my problems.jsonl' }, { file: 'my problems.jsonl' }], /"my-problems" is listed twice/],
    [[{ name: 'math500', problem: 'q' }], /benchmarks\[0\]\.problem: only a benchmark with a "file" has it/],
    [[{ name: 'a/b', file: 'my problems.jsonl' }], /benchmarks\[0\]\.name: .*letters, digits/],
    [[{ file: 'my problems.jsonl', format: 'xls' }], /benchmarks\[0\]\.format: .*"jsonl"/],
    [[{ file: 'my problems.jsonl', anwser: 'a' }], /anwser: there is no such field\nDid you mean "answer"\?/],
  ])('%j is refused', (list, message) => {
    expect(problem(...list)).toMatch(message);
  });
});

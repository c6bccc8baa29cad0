import { describe, expect, it } from 'vitest';
import { loadBenchmark } from '../../../src/benchmarks/load.js';
import { registry, registryEntry } from '../../../src/benchmarks/registry.js';
import { formatOf } from '../../../src/benchmarks/rows.js';
import { askedWait, defaultRetryPolicy, waitBefore } from '../../../src/hub/retry.js';
import { benchmarkPrompts, benchmarkSize } from '../../../src/tasks/countdown-benchmarks.js';
import { useFiles } from './files.js';

const files = useFiles();

describe('the registry', () => {
  it('pins every data set to a commit and a file of a known format', () => {
    const entries = registry.filter((entry) => entry.kind === 'hub');
    expect(entries.length).toBeGreaterThanOrEqual(7);
    for (const entry of entries) {
      expect(entry.revision).toMatch(/^[0-9a-f]{40}$/);
      expect(entry.repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
      expect(entry.sha256 ?? 'a'.repeat(64)).toMatch(/^[0-9a-f]{64}$/);
      expect(() => formatOf(entry.file)).not.toThrow();
      expect(entry.fields.choices !== undefined).toBe(entry.answerKind === 'choice');
      expect(entry.defaults.samples).toBeGreaterThanOrEqual(entry.defaults.k);
      expect(entry.defaults.temperature).toBe(0.8);
    }
    expect(new Set(registry.map(({ name }) => name)).size).toBe(registry.length);
  });

  it('suggests the names that are most similar', () => {
    expect(() => registryEntry('aime2024')).toThrow('there is no benchmark "aime2024"');
    try {
      registryEntry('aime2024');
    } catch (error) {
      expect(error).toMatchObject({ hint: expect.stringMatching(/^Known: aime24, .*"file"/) });
    }
  });
});

describe('loading by name', () => {
  it('generates Countdown without a network', async () => {
    const options = { cacheDirectory: files.directory, environment: { HF_HUB_OFFLINE: '1' } };
    const countdown = await loadBenchmark('countdown-test', options);
    expect(countdown).toMatchObject({ kind: 'countdown', source: { kind: 'generated' } });
    expect(countdown.problems).toHaveLength(benchmarkSize);
    const few = await loadBenchmark({ name: 'countdown-test' }, { ...options, limit: 5 });
    expect(few.problems).toEqual(benchmarkPrompts('countdown-test', 5));
    await expect(loadBenchmark({}, options)).rejects.toThrow('neither a name nor a file');
    await expect(loadBenchmark({ name: 'countdown-test', file: 'a.jsonl' }, options)).rejects.toThrow(
      'its problems are generated',
    );
  });

  it('reads a local copy of a known benchmark by its own fields, and tells when it is not all of it', async () => {
    files.write('copy.csv', 'question,answer,id,url\n1+1?,2,a,u\n');
    const copy = await files.load({ name: 'amc23', file: 'copy.csv' });
    expect(copy).toMatchObject({ name: 'amc23', title: 'AMC 2023' });
    expect(copy.problems).toEqual([{ id: 'a', problem: '1+1?', answer: '2' }]);
    expect(copy.warnings).toEqual([expect.stringContaining('contains 1 problems, AMC 2023 has 40')]);
    await expect(files.load({ name: 'amc23', file: 'copy.csv' }, { limit: 1 })).resolves.toMatchObject({
      warnings: [],
    });
    files.write('reformatted.jsonl', '{"id":"a","problem":"1+1?","answer":"2","subject":"Algebra"}\n');
    const reformatted = await files.load({ name: 'math500', file: 'reformatted.jsonl' });
    expect(reformatted.problems).toEqual([{ id: 'a', problem: '1+1?', answer: '2', category: 'Algebra' }]);
    expect(await files.failure({ name: 'amc23', file: 'reformatted.jsonl' })).toMatch(
      /line 1: has no "question"\n.*"problem": "subject"|has no "question"\n/,
    );
  });

  it('takes a part of a sorted benchmark from all of it, the same each time', async () => {
    const row = (i: number) => ({
      question_id: i,
      question: `${i}?`,
      options: ['n', 'y'],
      answer: 'B',
      category: i < 500 ? 'business' : 'law',
    });
    const rows = Array.from({ length: 1000 }, (_, i) => JSON.stringify(row(i)));
    files.write('sorted.jsonl', rows.join('\n'));
    const part = (limit: number) => files.load({ name: 'mmlu-pro', file: 'sorted.jsonl' }, { limit });
    const ids = (await part(100)).problems.map(({ id }) => Number(id));
    expect(ids).toHaveLength(100);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    const business = ids.filter((id) => id < 500).length;
    expect(Math.abs(business - 50)).toBeLessThan(20);
    const more = (await part(200)).problems.map(({ id }) => Number(id));
    expect(ids.every((id) => more.includes(id))).toBe(true);
    expect((await part(5000)).problems).toHaveLength(1000);
  });

  it('stops when it is cancelled', async () => {
    files.write('rows.jsonl', '{"problem":"a","answer":"1"}\n'.repeat(10));
    const signal = AbortSignal.abort();
    await expect(files.load({ file: 'rows.jsonl' }, { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('waits', () => {
  const now = Date.parse('2025-01-01T00:00:00Z');
  it.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': 'Wed, 01 Jan 2025 00:00:30 GMT' }, 30],
    [{ 'retry-after': 'Wed, 01 Jan 2020 00:00:30 GMT' }, 0],
    [{ 'retry-after': 'soon', ratelimit: '"api";r=0;t=55' }, 55],
    [{}, null],
  ])('%j asks for %s s', (headers, seconds) => {
    expect(askedWait({ ...headers }, now)).toBe(seconds);
  });

  it('grow, with a bound, unless the server asks', () => {
    const waits = Array.from({ length: 12 }, (_, i) => waitBefore(i + 1, null, defaultRetryPolicy));
    expect(waits[0]).toBeLessThan(0.7);
    expect(waits[3]).toBeGreaterThan(2.9);
    expect(Math.max(...waits)).toBeLessThan(40);
    expect(waitBefore(5, 3, defaultRetryPolicy)).toBe(3);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CounterRandom, streamOf } from '../../../src/random.js';
import { type MetricScores, metricStatistics, type SeedScores } from '../../../src/statistics/index.js';
import { StatisticsThread } from '../../../src/studies/report/statistics-thread.js';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'g2rl-statistics-'));
  file = join(folder, 'statistics.cjs');
  await build({
    entryPoints: ['src/studies/report/statistics-worker.ts'],
    outfile: file,
    bundle: true,
    platform: 'node',
    logLevel: 'silent',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function seedScores(name: string, seeds: number, problems: number): SeedScores {
  const random = new CounterRandom(1, streamOf(name));
  const rows = Array.from({ length: seeds }, () => Array.from({ length: problems }, () => random.next()));
  const mean = (row: number[]) => row.reduce((sum, value) => sum + value, 0) / row.length;
  return { seeds: rows.map((_, seed) => seed), scores: rows.map(mean), problems: rows };
}

function metric(name: string, seeds: number, problems: number): MetricScores {
  const arms = ['grpo', 'g2rl', 'dapo'];
  return {
    metric: 'pass_at_1',
    scores: new Map(arms.map((arm) => [arm, seedScores(`${name} ${arm}`, seeds, problems)])),
    groups: [{ baseline: 'grpo', arms }],
  };
}

test('the figures are those of the same thread, bit for bit, and meanwhile this thread goes on', async () => {
  const thread = new StatisticsThread(file);
  const scores = metric('bits', 10, 300);
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const aside = await thread.ask(scores);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
  expect(aside).toEqual(metricStatistics(scores));
});

test('the same scores are not resampled twice, in whatever order they are asked for', async () => {
  const thread = new StatisticsThread(file);
  const scores = metric('twice', 10, 300);
  const took = async (question: MetricScores) => {
    const start = performance.now();
    await thread.ask(question);
    return performance.now() - start;
  };
  const first = await took(scores);
  expect(await took(scores)).toBeLessThan(first / 4);
  // Against another baseline only the differences are new.
  const others = { ...scores, groups: [] };
  expect(await took(others)).toBeLessThan(first / 4);
});

test('what nobody waits for is not computed, the others are; a thread that fails says so and is replaced', async () => {
  const thread = new StatisticsThread(file);
  const nobody = new AbortController();
  const first = thread.ask(metric('first', 4, 50));
  const left = thread.ask(metric('left', 4, 50), nobody.signal);
  const last = thread.ask(metric('last', 4, 50));
  nobody.abort(new Error('closed'));
  await expect(left).rejects.toThrow('closed');
  expect((await last).comparisons).toHaveLength(2);
  expect((await first).summaries.size).toBe(3);
  // Rows of unequal length are refused.
  const broken = seedScores('broken', 2, 3);
  const unequal = { ...broken, problems: [[1], [1, 2]] };
  await expect(
    thread.ask({ metric: 'pass_at_1', scores: new Map([['a', unequal]]), groups: [] }),
  ).rejects.toThrow('row 1 has 2 problems, not 1');
  expect((await thread.ask(metric('again', 2, 5))).summaries.size).toBe(3);
});

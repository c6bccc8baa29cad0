import { beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { BenchmarkRecord } from '../../src/runs/protocol/schema.js';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import Benchmarks from '../../webview/src/tabs/Benchmarks.svelte';
import { host } from './fake-host.js';
import { benchmarkRecord, similarityHistogram } from './fixtures.js';
import { paleTexts } from './look.js';
import { render } from './render.svelte.js';
import { setTheme, themeNames } from './themes.js';

/** An evaluation with everything. */
const record = (step: number, mean: number, changes: Partial<BenchmarkRecord> = {}): BenchmarkRecord => ({
  ...benchmarkRecord(step, 0.4),
  similarity_mean: mean,
  negative_pair_ratio: 0.281,
  similarity_histogram: similarityHistogram(mean),
  logdet_mean: 9.5,
  text_similarity_mean: 0.738,
  ...changes,
});
const older = (step: number): BenchmarkRecord => ({
  ...benchmarkRecord(step, 0.4),
  similarity_mean: 0.3,
  samples_file: `evaluations/step-00000${step}-countdown-test.jsonl`,
});

async function benchmarks(records: BenchmarkRecord[], width = 960) {
  const run = new RunState();
  run.start();
  await host.snapshot({ benchmarks: records });
  await expect.poll(() => run.loaded).toBe(true);
  return render<{ run: RunState }>(Benchmarks, { run }, width);
}
const geometry = () => page.getByTestId('evaluation-geometry');
const bars = () => page.getByTestId('similarity-bars');
const distribution = () => page.getByRole('slider', { name: /distribution of S/ });

beforeEach(() => host.answerAll({ judge: () => ({ name: 'g2rl', version: 2 }), otherRuns: () => [] }));

test('the newest evaluation has its distribution, negative pairs apart, and its figures over the steps', async () => {
  const { container } = await benchmarks([record(0, 0.208), record(25, 0.064)]);
  await expect
    .element(bars())
    .toHaveAttribute(
      'aria-label',
      'countdown-test: distribution of S at step 25. 23,999 pairs: mean S 0.064, S < 0 28.1 %',
    );
  const drawn = [...container.querySelectorAll<SVGRectElement>('[data-bin]')];
  expect(drawn.length).toBeGreaterThan(8);
  const colors = (negative: boolean) =>
    new Set(
      drawn
        .filter(({ dataset }) => dataset.negative === String(negative))
        .map((bar) => bar.getAttribute('fill')),
    );
  expect([colors(true).size, colors(false).size]).toEqual([1, 1]);
  expect([...colors(true)]).not.toEqual([...colors(false)]);
  for (const name of ['mean S', 'S < 0', 'log det\\(I \\+ S\\)', 'cosine of the texts']) {
    const chart = page.getByRole('img', { name: new RegExp(`^countdown-test: ${name} over 2 steps`) });
    await expect.element(chart).toBeVisible();
  }
  const row = page.getByTestId('benchmark-row').nth(1);
  await expect.element(row.getByRole('cell', { name: '9.50', exact: true })).toBeVisible();
});

test('the pointer and the arrow keys say what is in a bin', async () => {
  await benchmarks([record(25, 0.064)]);
  const slider = distribution();
  slider.element().focus();
  await userEvent.keyboard('{Home}');
  const first = slider.element().getAttribute('aria-valuetext');
  expect(first).toMatch(/^S from −0\.\d to −0\.\d: [\d,]+ pairs, \d+\.\d %$/);
  await userEvent.keyboard('{ArrowRight}');
  await expect.element(slider).not.toHaveAttribute('aria-valuetext', first);
  await expect.element(page.getByText(/^S from −/)).toBeVisible();
  await userEvent.keyboard('{End}{ArrowRight}');
  await expect.element(slider).toHaveAttribute('aria-valuetext', expect.stringMatching(/^S from 0\.\d to/));
});

test('another evaluation is chosen by its step', async () => {
  await benchmarks([record(0, 0.208), record(25, 0.064)]);
  await userEvent.click(page.getByRole('combobox', { name: 'Step' }));
  await userEvent.click(page.getByRole('option', { name: '0', exact: true }));
  await expect
    .element(bars())
    .toHaveAttribute('aria-label', expect.stringMatching(/at step 0\. .*mean S 0\.208/));
});

describe('what was not recorded', () => {
  test('an evaluation of an earlier version says so, and is computed from the pairs that were kept', async () => {
    host.answerAll({
      judge: () => ({ name: 'g2rl', version: 2 }),
      otherRuns: () => [],
      keptGeometry: () => ({ histogram: similarityHistogram(0.3), logdet: 8.25 }),
    });
    await benchmarks([older(0)]);
    await expect
      .element(geometry())
      .toMatchTextContent(
        /Not recorded: this evaluation is of an earlier version.*Mean S 0\.300, S < 0 10\.0 %/,
      );
    await expect.element(bars()).not.toBeInTheDocument();
    await expect.element(page.getByRole('img', { name: /log det/ })).not.toBeInTheDocument();
    await userEvent.click(page.getByRole('button', { name: 'Compute from the kept pairs' }));
    expect(host.asked('keptGeometry')).toEqual([{ step: 0, benchmark: 'countdown-test' }]);
    await expect.element(bars()).toHaveAttribute('aria-label', expect.stringMatching(/mean S 0\.300/));
    await expect
      .element(geometry())
      .toMatchTextContent(/those of the first 64 responses.*log det\(I \+ S\) 8\.25/);
  });

  test('without kept pairs there is nothing to compute', async () => {
    host.answerAll({
      judge: () => ({ name: 'g2rl', version: 2 }),
      otherRuns: () => [],
      keptGeometry: () => null,
    });
    await benchmarks([older(0), record(5, 0.1)]);
    await expect.element(bars()).toBeVisible();
    await userEvent.click(page.getByRole('combobox', { name: 'Step' }));
    await userEvent.click(page.getByRole('option', { name: '0', exact: true }));
    await userEvent.click(page.getByRole('button', { name: 'Compute from the kept pairs' }));
    await expect.element(geometry().getByText('No pairs were kept.')).toBeVisible();
    // Over the steps only what was recorded is drawn.
    await expect
      .element(page.getByRole('img', { name: /log det\(I \+ S\) over 2 steps.*first –, last 9\.50/ }))
      .toBeVisible();
  });

  test('scores alone have no geometry', async () => {
    const imported = { ...benchmarkRecord(0, 0.4), similarity_mean: null, negative_pair_ratio: null };
    await benchmarks([imported]);
    await expect.element(page.getByTestId('benchmark-row')).toBeVisible();
    await expect.element(geometry()).not.toBeInTheDocument();
    await expect.element(page.getByText('log det(I + S)')).not.toBeInTheDocument();
  });
});

test.for(themeNames)('texts can be read in %s', async (name) => {
  await setTheme(name);
  const { container } = await benchmarks([record(0, 0.208), record(25, 0.064)]);
  await expect.element(bars()).toBeVisible();
  expect(paleTexts(container)).toEqual([]);
});

test.for([[320], [960]] as const)('nothing is wider than a page of %i pixels', async ([width]) => {
  const { container } = await benchmarks([record(0, 0.208), record(25, -0.7)], width);
  await expect.element(bars()).toBeVisible();
  const right = container.getBoundingClientRect().right + 0.5;
  const wide = [...container.querySelectorAll('[data-testid=evaluation-geometry] *')].filter(
    (element) => element.getBoundingClientRect().right > right && !element.closest('.values'),
  );
  expect(wide.map(({ outerHTML }) => outerHTML.slice(0, 120))).toEqual([]);
});

/** A run with far more steps than pixels: the page gets what it can draw, and exact values where someone looks. */
import { beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Dashboard from '../../webview/src/Dashboard.svelte';
import { host } from './fake-host.js';
import { metricsLine, metricsLines } from './fixtures.js';
import { gaps, inked } from './look.js';
import { render } from './render.svelte.js';
import { themes } from './themes.js';

const long = 100_000;
/** Every value is told apart from those beside it, and one is far above all. */
const peak = 54_321;
const rewardAt = (step: number) => (step === peak ? 3 : Math.sin(step / 9000) + (step % 7) / 100);
const lines = metricsLines(long).map((line) => ({ ...line, reward: rewardAt(line.step) }));

const cursor = (name: string) => page.getByRole('slider', { name, exact: true });
const said = (name: string) => expect.poll(() => cursor(name).element().getAttribute('aria-valuetext'));
const reward = (container: HTMLElement) => container.querySelector<HTMLElement>('.chart')!;
const over = (container: HTMLElement) =>
  page.elementLocator(reward(container).querySelector<HTMLElement>('.u-over')!);
const columnsOf = (container: HTMLElement) =>
  inked(reward(container).querySelector('canvas')!, themes.dark['charts-blue']);

async function dashboard() {
  const { container } = render<Record<string, never>>(Dashboard, {}, 960);
  await host.snapshot({ metrics: lines });
  await expect
    .element(page.getByRole('img', { name: /^Reward over 100000 steps\./ }), { timeout: 10_000 })
    .toBeVisible();
  return container;
}

beforeEach(async () => {
  await page.viewport(1000, 800);
});

test('of a run of 100,000 steps all charts get less than 2 MB, and its peak is seen', async () => {
  host.saved = { run: 'x', smoothing: 0 };
  const container = await dashboard();
  await expect.poll(() => gaps(columnsOf(container))).toEqual([]);
  const drawn = () => columnsOf(container).filter((rows) => rows.length > 0);
  await expect.poll(() => drawn().length).toBeGreaterThan(200);
  // The peak is a narrow line up to the top, beside which the curve stays in the lower half.
  const tops = drawn().map((rows) => Math.min(...rows));
  const high = tops.filter((top) => top < 40);
  expect(high.length).toBeGreaterThan(0);
  expect(high.length).toBeLessThan(8);
  expect(host.bytes).toBeLessThan(2e6);
  await said('Reward').toMatch(/^step 100000, reward −0\.943/);
});

test('keys go from step to step, and every legend says the values of exactly that step', async () => {
  host.saved = { run: 'x', smoothing: 0 };
  await dashboard();
  (cursor('Reward').element() as HTMLElement).focus();
  for (const step of [99_999, 99_998, 99_997]) {
    await userEvent.keyboard('{ArrowLeft}');
    await said('Reward').toMatch(new RegExp(`^step ${step}, `));
    await said('Training pass@1').toMatch(
      new RegExp(`^step ${step}, pass@1 ${(100 * (0.25 + step / 200)).toFixed(1)} %`),
    );
  }
  await userEvent.keyboard('{ArrowRight}');
  await said('Reward').toMatch(/^step 99998, /);
  await userEvent.keyboard('{Home}');
  await said('Loss').toMatch(/^step 1, /);
});

test('zooming asks for the part that is looked at, down to every step of it; what is smoothed is smoothed of all', async () => {
  host.saved = { run: 'x', smoothing: 0.9 };
  const container = await dashboard();
  const { width } = over(container).element().getBoundingClientRect();
  const drag = (from: number, to: number) =>
    userEvent.dragAndDrop(over(container), over(container), {
      sourcePosition: { x: from * width, y: 20 },
      targetPosition: { x: to * width, y: 60 },
    });
  await drag(0.4, 0.45);
  await drag(0.4, 0.45);
  const before = host.bytes;
  (cursor('Reward').element() as HTMLElement).focus();
  await userEvent.keyboard('{Home}');
  await expect
    .poll(() => Number(cursor('Reward').element().getAttribute('aria-valuenow')))
    .toBeLessThan(50_000);
  await userEvent.keyboard('{ArrowRight}');
  const step = Number(cursor('Reward').element().getAttribute('aria-valuenow'));
  let [sum, weight] = [0, 0];
  for (let index = 1; index <= step; index++) {
    sum = 0.9 * sum + 0.1 * rewardAt(index);
    weight = 0.9 * weight + 0.1;
  }
  const [shown] = /smoothed about −?[\d.]+/.exec(cursor('Reward').element().getAttribute('aria-valuetext')!)!;
  expect(Math.abs(Number(/−?[\d.]+$/.exec(shown)![0].replace('−', '-')) - sum / weight)).toBeLessThan(0.005);
  expect(host.bytes - before).toBeLessThan(1e6);
});

test('steps that come are drawn with a small message each', async () => {
  const container = await dashboard();
  const before = host.bytes;
  for (let step = long + 1; step <= long + 20; step++) host.metrics([metricsLine(step, { reward: 0.25 })]);
  await expect
    .element(page.getByRole('img', { name: /^Reward over 100020 steps\..*last 0\.25$/ }))
    .toBeVisible();
  expect(host.bytes - before).toBeLessThan(20 * 2000);
  expect(container.querySelectorAll('canvas').length).toBeGreaterThan(8);
});

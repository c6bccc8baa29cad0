import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Chart from '../../webview/src/components/Chart.svelte';
import { gaps, inked } from './look.js';
import { render } from './render.svelte.js';
import { setTheme, themes } from './themes.js';

const steps = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const rising = (count: number) => steps(count).map((step) => step / count);
const blue = themes.dark['charts-blue'];

function show(props: Partial<Parameters<typeof render<ChartProps>>[1]> = {}, width = 600) {
  const rendered = render<ChartProps>(
    Chart,
    { title: 'Reward', steps: steps(100), lines: [{ label: 'reward', values: rising(100) }], ...props },
    width,
  );
  const canvas = () => rendered.container.querySelector('canvas')!;
  const over = () => page.elementLocator(rendered.container.querySelector('.u-over')!);
  const columns = (color = blue) => inked(canvas(), color);
  return { ...rendered, canvas, over, columns };
}
type ChartProps = {
  title: string;
  steps: readonly number[];
  lines: readonly { label: string; values: readonly (number | null)[] }[];
  smoothing?: number;
  points?: boolean;
  marked?: number | null;
};
const drawn = (columns: readonly number[][]) => columns.filter((rows) => rows.length > 0).length;
const isDrawn = (columns: () => readonly number[][]) => expect.poll(() => drawn(columns()));

/** The step that the legend says when the pointer is at this share of the plot. */
async function stepAt(over: ReturnType<ReturnType<typeof show>['over']>, share: number): Promise<number> {
  const { width, height } = over.element().getBoundingClientRect();
  await userEvent.hover(over, { position: { x: Math.round(share * (width - 1)), y: height / 2 } });
  await expect.element(page.getByText(/^at step/)).toBeVisible();
  return Number(/\d+/.exec(page.getByText(/^at step/).element().textContent)?.[0]);
}

async function zoom(
  over: ReturnType<ReturnType<typeof show>['over']>,
  from: number,
  to: number,
): Promise<void> {
  const { width } = over.element().getBoundingClientRect();
  await userEvent.dragAndDrop(over, over, {
    sourcePosition: { x: from * width, y: 20 },
    targetPosition: { x: to * width, y: 60 },
  });
}

test('a line from the left to the right, rising, with its newest value as text', async () => {
  const { columns, canvas, container } = show();
  await isDrawn(columns).toBeGreaterThan(0.8 * canvas().width);
  const inkedColumns = columns().filter((rows) => rows.length > 0);
  expect(gaps(columns())).toEqual([]);
  // The first row is the uppermost.
  expect(inkedColumns[0]![0]!).toBeGreaterThan(inkedColumns.at(-1)![0]! + 80);
  await expect.element(page.getByText('1', { exact: true })).toBeVisible();
  await expect
    .element(page.getByRole('img', { name: 'Reward over 100 steps. reward: first 0.01, last 1' }))
    .toBeVisible();
  const { width, height } = container.querySelector('canvas')!.getBoundingClientRect();
  expect([width, height]).toEqual([600, 150]);
});

test('several lines are told apart by name, colour and dashes', async () => {
  const { columns, container } = show({
    lines: [
      { label: 'mean', values: rising(100) },
      { label: 'max', values: rising(100).map((value) => value + 1) },
    ],
  });
  await isDrawn(columns).toBeGreaterThan(100);
  await isDrawn(() => columns('#e2953f')).toBeGreaterThan(100);
  await expect.element(page.getByText('mean', { exact: true })).toBeVisible();
  await expect.element(page.getByText('max', { exact: true })).toBeVisible();
  const signs = [...container.querySelectorAll('figcaption line')];
  expect(signs.map((line) => line.getAttribute('stroke'))).toEqual([blue, '#e2953f']);
  expect(signs.map((line) => line.getAttribute('stroke-dasharray'))).toEqual(['', '6 3']);
});

test('a smoothed line lies over the values; the legend says the value, and the smoothed one as such', async () => {
  const values = steps(100).map((step) => step % 2);
  const { columns, set } = show({ lines: [{ label: 'reward', values }], smoothing: 0.9 });
  await isDrawn(columns).toBeGreaterThan(300);
  await expect.element(page.getByText('0', { exact: true })).toBeVisible();
  await expect.element(page.getByText(/^≈ 0\.4/)).toBeVisible();
  await expect
    .element(page.getByRole('slider', { name: 'Reward' }))
    .toHaveAttribute('aria-valuetext', expect.stringMatching(/^step 100, reward 0, smoothed about 0\.4/));
  set({ smoothing: 0 });
  await expect.element(page.getByText('0', { exact: true })).toBeVisible();
  await expect.element(page.getByText(/^≈/)).not.toBeInTheDocument();
});

test('a series without steps says so, and draws with the first step', async () => {
  const { columns, set } = show({ steps: [], lines: [{ label: 'reward', values: [] }] });
  await expect.element(page.getByText('Nothing recorded yet.')).toBeVisible();
  set({ steps: [1], lines: [{ label: 'reward', values: [0.5] }] });
  await expect.element(page.getByText('Nothing recorded yet.')).not.toBeInTheDocument();
  await isDrawn(columns).toBeGreaterThan(2);
});

test('a series without values draws no line', async () => {
  const { columns, canvas } = show({ lines: [{ label: 'reward', values: steps(100).map(() => null) }] });
  await expect.poll(() => canvas().width).toBe(600);
  await expect.element(page.getByText('–', { exact: true })).toBeVisible();
  expect(drawn(columns())).toBe(0);
});

test.each([1e-6, 3e-12, -1e-7, 0, 1e6])('a constant %d is a line in the middle', async (value) => {
  const { columns, canvas } = show({ lines: [{ label: 'rate', values: steps(100).map(() => value) }] });
  await isDrawn(columns).toBeGreaterThan(0.8 * canvas().width);
  const rows = new Set(columns().flat());
  expect(rows.size).toBeLessThanOrEqual(4);
  // Above the axis and below the upper edge: 26 pixels are the axis.
  expect(Math.max(...rows)).toBeLessThan(value === 0 ? 128 : 120);
  expect(Math.min(...rows)).toBeGreaterThan(5);
});

test('missing values are gaps, and a value between two of them a point', async () => {
  const values = rising(100).map((value, index) =>
    (index >= 30 && index < 60) || index > 90 ? null : value,
  );
  values[45] = 0.46;
  const { columns, canvas } = show({ lines: [{ label: 'reward', values }] });
  await isDrawn(columns).toBeGreaterThan(200);
  const wide = gaps(columns()).filter((length) => length > 0.05 * canvas().width);
  // Before and after the lone value.
  expect(wide).toHaveLength(2);
});

test('dragging zooms in, a double click shows all again', async () => {
  const { over, columns } = show();
  await isDrawn(columns).toBeGreaterThan(300);
  expect(await stepAt(over(), 0)).toBe(1);
  await zoom(over(), 0.4, 0.6);
  expect(await stepAt(over(), 0)).toBeGreaterThan(35);
  expect(await stepAt(over(), 1)).toBeLessThan(65);
  await userEvent.dblClick(over());
  expect(await stepAt(over(), 0)).toBe(1);
  expect(await stepAt(over(), 1)).toBe(100);
});

test('what is zoomed into stays when the next step arrives; without a zoom all is shown', async () => {
  const { over, columns, canvas, set } = show();
  await isDrawn(columns).toBeGreaterThan(300);
  const before = canvas();
  await zoom(over(), 0.4, 0.6);
  const left = await stepAt(over(), 0);
  expect(left).toBeGreaterThan(35);
  set({ steps: steps(101), lines: [{ label: 'reward', values: rising(101) }] });
  expect(await stepAt(over(), 1)).toBeLessThan(65);
  expect(await stepAt(over(), 0)).toBe(left);
  await userEvent.dblClick(over());
  set({ steps: steps(120), lines: [{ label: 'reward', values: rising(120) }] });
  expect(await stepAt(over(), 1)).toBe(120);
  expect(canvas(), 'the plot is the same one').toBe(before);
});

test('the legend follows the pointer, and says the newest values when it is gone', async () => {
  const { over, columns } = show();
  await isDrawn(columns).toBeGreaterThan(300);
  const middle = await stepAt(over(), 0.5);
  expect(middle).toBeGreaterThan(45);
  await expect.element(page.getByText(String(middle / 100), { exact: true })).toBeVisible();
  await userEvent.hover(document.documentElement, { position: { x: 0, y: 0 } });
  await expect.element(page.getByText(/^at step/)).not.toBeInTheDocument();
  await expect.element(page.getByText('1', { exact: true })).toBeVisible();
});

test('more steps than pixels keep their peaks', async () => {
  const values = steps(20_000).map((step) => (step === 12_345 ? 1 : 0));
  const { columns } = show({ steps: steps(20_000), lines: [{ label: 'reward', values }] });
  await isDrawn(columns).toBeGreaterThan(300);
  const rows = columns().flat();
  expect(Math.max(...rows) - Math.min(...rows)).toBeGreaterThan(80);
});

test('the chosen step is marked, and no mark is drawn beside the plot', async () => {
  const { columns, canvas, over, set } = show({ marked: 10 });
  // It is drawn half transparent.
  const marks = () => drawn(inked(canvas(), themes.dark.foreground, 100));
  await isDrawn(columns).toBeGreaterThan(300);
  await expect.poll(marks).toBeGreaterThan(0);
  await zoom(over(), 0.5, 0.9);
  await expect.poll(marks).toBe(0);
  const left = await stepAt(over(), 0);
  set({ marked: left + 2 });
  await expect.poll(marks).toBeGreaterThan(0);
  // Its place would be on the numbers of the axis.
  set({ marked: left - 2 });
  await expect.poll(marks).toBe(0);
});

test('a chart gets the width of its place, and new colours with a new theme', async () => {
  const { container, canvas, columns } = show();
  await expect.poll(() => canvas().getBoundingClientRect().width).toBe(600);
  container.style.width = '320px';
  await expect.poll(() => canvas().getBoundingClientRect().width).toBe(320);
  await isDrawn(columns).toBeGreaterThan(200);
  await setTheme('light');
  await isDrawn(() => columns(themes.light['charts-blue'])).toBeGreaterThan(200);
  expect(drawn(columns())).toBe(0);
});

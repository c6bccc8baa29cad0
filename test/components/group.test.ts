import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Histogram from '../../webview/src/components/Histogram.svelte';
import ResponseTable from '../../webview/src/components/ResponseTable.svelte';
import Scrubber from '../../webview/src/components/Scrubber.svelte';
import { type ResponseRow, responseRows, sortRows } from '../../webview/src/lib/group.js';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import { Selection } from '../../webview/src/lib/selection.svelte.js';
import { tell } from './fake-host.js';
import { group, hostileText } from './fixtures.js';
import { render } from './render.svelte.js';

type HistogramProps = {
  label: string;
  above: { name: string; values: readonly number[] };
  below: { name: string; values: readonly number[] };
  mark: number;
};
const histogram = (right: number[], wrong: number[], width = 600) =>
  render<HistogramProps>(
    Histogram,
    {
      label: 'Reward scalers by verdict',
      above: { name: 'correct', values: right },
      below: { name: 'wrong', values: wrong },
      mark: 1,
    },
    width,
  ).container;
const bars = (container: Element, kind: string) =>
  [...container.querySelectorAll(`rect.${kind}`)].map((bar) => bar.getBoundingClientRect());

test('a histogram has bars above for one kind and below for the other, as high as there are many', async () => {
  const container = histogram([0.5, 1.5, 1.5, 1.5], [0.5, 0.5]);
  const above = bars(container, 'above').filter(({ height }) => height > 0);
  const below = bars(container, 'below').filter(({ height }) => height > 0);
  expect(above.map(({ height }) => Math.round(height))).toEqual([23, 70]);
  expect(below).toHaveLength(1);
  expect(below[0]!.top).toBeGreaterThan(above[0]!.bottom);
  expect(below[0]!.left).toBe(above[0]!.left);
  await expect
    .element(
      page.getByRole('img', {
        name: 'Reward scalers by verdict. correct: 4, mean 1.25. wrong: 2, mean 0.5.',
      }),
    )
    .toBeVisible();
  await expect.element(page.getByText('correct (4)')).toBeVisible();
  const title = container.querySelectorAll('rect.above')[1]!.querySelector('title')!.textContent;
  expect(title).toMatch(/^correct, .* to .*: 1$/);
});

test('a histogram of nothing and of equal values', async () => {
  histogram([], []);
  await expect.element(page.getByRole('img', { name: /correct: 0, mean –. wrong: 0, mean –/ })).toBeVisible();
  const container = histogram(
    Array.from({ length: 1000 }, () => 1),
    [],
  );
  const [only, ...others] = bars(container, 'above').filter(({ height }) => height > 0);
  expect(others).toEqual([]);
  const mark = container.querySelector('.mark')!.getBoundingClientRect();
  expect(mark.left).toBeGreaterThanOrEqual(only!.left - 1);
  expect(mark.left).toBeLessThanOrEqual(only!.right + 1);
});

test.each([220, 600, 1200])('the numbers on the axis do not touch at a width of %d', async (width) => {
  const container = histogram([0.123, 1.5], [-0.25], width);
  await expect.poll(() => container.querySelector('svg')!.viewBox.baseVal.width).toBe(width);
  const ticks = [...container.querySelectorAll('.tick')].map((tick) => tick.getBoundingClientRect());
  expect(ticks.length).toBeGreaterThan(2);
  for (const [index, tick] of ticks.slice(1).entries())
    expect(tick.left).toBeGreaterThan(ticks[index]!.right);
});

type TableProps = {
  rows: readonly ResponseRow[];
  highlighted: readonly number[];
  onhover: (index: number | null) => void;
};
function table(props: Partial<TableProps> = {}) {
  const onhover = vi.fn();
  const rows = responseRows(group(3));
  return { onhover, ...render<TableProps>(ResponseTable, { rows, highlighted: [], onhover, ...props }, 900) };
}
const row = (name: RegExp) => page.getByRole('row', { name });
const numbers = (container: Element) =>
  [...container.querySelectorAll('tbody tr')].map((one) => one.firstElementChild?.textContent);

test('responses as rows with their verdict in words, in the order they are given in', async () => {
  const { container, set } = table();
  expect(numbers(container)).toEqual(['1', '2', '3', '4']);
  await expect.element(row(/^1 3\+4\+0 ✓ correct 0.250 0.750 1 1.250 0.90 5$/)).toBeVisible();
  await expect.element(row(/^2 3\+4\+1 ✗ wrong 0.500 0.850 −1 −0.750 −0.90 6$/)).toBeVisible();
  set({ rows: sortRows(responseRows(group(3)), 'most novel first') });
  expect(numbers(container)).toEqual(['4', '3', '2', '1']);
});

test('how new a direction is shows as a bar, within its cell', () => {
  const rows = responseRows(group(3, 0, 4, { exploration: [0, 0.5, 1, Number.NaN] }));
  const { container } = table({ rows });
  const cells = [...container.querySelectorAll('td.bar')].map((cell) => {
    const fill = cell.querySelector('.fill')!.getBoundingClientRect();
    return Math.round((100 * fill.width) / cell.getBoundingClientRect().width);
  });
  expect(cells).toEqual([0, 50, 100, 0]);
});

test('the pointer on a row names its response', async () => {
  const { onhover } = table({ rows: sortRows(responseRows(group(3)), 'most novel first') });
  await userEvent.hover(row(/^4 /));
  expect(onhover).toHaveBeenLastCalledWith(3);
  await userEvent.unhover(row(/^4 /));
  await expect.poll(() => onhover.mock.lastCall).toEqual([null]);
});

test('the keyboard goes through the rows as the pointer does', async () => {
  const { onhover } = table({ rows: sortRows(responseRows(group(3)), 'most novel first') });
  await userEvent.tab();
  await expect.element(row(/^4 /)).toHaveFocus();
  expect(onhover).toHaveBeenLastCalledWith(3);
  await userEvent.keyboard('{ArrowDown}');
  await expect.element(row(/^3 /)).toHaveFocus();
  expect(onhover).toHaveBeenLastCalledWith(2);
  await userEvent.keyboard('{End}');
  expect(onhover).toHaveBeenLastCalledWith(0);
  await userEvent.keyboard('{ArrowDown}{Home}{ArrowUp}');
  expect(onhover).toHaveBeenLastCalledWith(3);
  // One stop for the whole table.
  await userEvent.tab();
  expect(document.activeElement).toBe(document.body);
  expect(onhover).toHaveBeenLastCalledWith(null);
});

test('marked responses look marked; what a model wrote stays text', async () => {
  const rows = responseRows(group(3, 0, 4, { answers: [hostileText, '', 'x'.repeat(400), '4'] }));
  const { container, set } = table({ rows });
  await expect.element(page.getByText(hostileText)).toBeVisible();
  expect(container.querySelector('img, b')).toBeNull();
  expect(document.body.dataset.shouldRun).toBeUndefined();
  // A long answer is broken, not pushed out of sight.
  expect(container.querySelector('table')!.getBoundingClientRect().width).toBeLessThanOrEqual(900);
  const color = () => getComputedStyle(container.querySelector('tbody td')!).backgroundColor;
  const before = color();
  set({ highlighted: [0, 1] });
  expect(color()).not.toBe(before);
  expect(container.querySelectorAll('tr.marked')).toHaveLength(2);
});

function scrubber(groupSteps: number[], chosen: number | null = null) {
  const run = new RunState();
  tell(run, { groupSteps });
  const selection = new Selection(run, chosen);
  const rendered = render<{ run: RunState; selection: Selection }>(Scrubber, { run, selection });
  return { run, selection, ...rendered };
}
const slider = () => page.getByRole('slider', { name: 'Step' });
const following = () => page.getByRole('checkbox', { name: 'Follow the newest' });

test('a scrubber follows the newest step until another one is chosen', async () => {
  const { run, selection } = scrubber([1, 5, 9]);
  await expect.element(slider()).toHaveAttribute('aria-valuetext', 'Step 9');
  await expect.element(following()).toHaveAttribute('aria-checked', 'true');
  await expect.element(page.getByRole('button', { name: 'Later step' })).toHaveAttribute('disabled');
  tell(run, { groupSteps: [1, 5, 9, 12] });
  await expect.element(slider()).toHaveAttribute('aria-valuetext', 'Step 12');
  await userEvent.click(page.getByRole('button', { name: 'Earlier step' }));
  await expect.element(slider()).toHaveAttribute('aria-valuetext', 'Step 9');
  await expect.element(following()).toHaveAttribute('aria-checked', 'false');
  tell(run, { groupSteps: [1, 5, 9, 12, 15] });
  await expect.element(slider()).toHaveAttribute('aria-valuetext', 'Step 9');
  await userEvent.click(following());
  await expect.element(slider()).toHaveAttribute('aria-valuetext', 'Step 15');
  expect(selection.chosen).toBeNull();
});

test('a scrubber is moved by keys, from one recorded step to the next', async () => {
  const { selection } = scrubber([1, 5, 9], 5);
  slider().element().focus();
  await userEvent.keyboard('{ArrowLeft}');
  expect(selection.chosen).toBe(1);
  await userEvent.keyboard('{End}');
  expect(selection.chosen).toBe(9);
  await expect.element(page.getByText('step 9')).toBeVisible();
});

test('a scrubber without steps cannot be moved', async () => {
  const { container } = scrubber([]);
  await expect.element(slider()).toBeDisabled();
  await expect.element(slider()).toHaveAttribute('aria-valuetext', 'Step none');
  for (const name of ['Earlier step', 'Later step']) {
    await expect.element(page.getByRole('button', { name })).toHaveAttribute('disabled');
  }
  expect(container.querySelector('.step')?.textContent).toBe('step –');
});

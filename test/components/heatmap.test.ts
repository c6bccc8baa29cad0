import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Heatmap from '../../webview/src/components/Heatmap.svelte';
import SimilarityScale from '../../webview/src/components/SimilarityScale.svelte';
import { fromUpperTriangle } from '../../webview/src/lib/matrix.js';
import { cellColors, rgba } from './look.js';
import { render } from './render.svelte.js';
import { setTheme, themeNames, themes } from './themes.js';

type HeatmapProps = {
  matrix: Float64Array;
  m: number;
  label: string;
  order?: readonly number[];
  highlighted?: number | null;
  onpoint?: (cell: { row: number; column: number } | null) => void;
};

/** Similarities of three responses: opposite, unrelated, the same. */
const three = fromUpperTriangle([-1, 0, 1], 3);
const opposite = '0,114,178';
const same = '213,94,0';

function show(props: Partial<HeatmapProps> = {}) {
  const rendered = render<HeatmapProps>(Heatmap, { matrix: three, m: 3, label: 'Similarity', ...props }, 300);
  const canvas = rendered.container.querySelector('canvas')!;
  return { ...rendered, canvas, colors: () => cellColors(canvas, props.m ?? 3) };
}
const grid = () => page.getByRole('application');
const spoken = (text: string) => expect.element(page.getByText(text, { exact: true })).toBeInTheDocument();

test.each(themeNames)('−1 is blue, 0 the background and 1 orange: %s', async (name) => {
  await setTheme(name);
  const { colors } = show();
  const nothing = rgba(themes[name]['editor-background']).slice(0, 3).join(',');
  expect(colors()).toEqual([same, opposite, nothing, opposite, same, same, nothing, same, same]);
});

test('m × m cells in a square as wide as its place, drawn again when the theme changes', async () => {
  const { canvas, colors } = show();
  const { width, height } = canvas.getBoundingClientRect();
  expect([width, height]).toEqual([300, 300]);
  expect(canvas.width % 3).toBe(0);
  await setTheme('light');
  expect(colors()[2]).toBe('255,255,255');
});

test('small similarities can be seen', () => {
  const { colors } = show({ matrix: fromUpperTriangle([0.02], 2), m: 2 });
  const background = rgba(themes.dark['editor-background']);
  const [red = 0] = colors()[1]!.split(',').map(Number);
  expect(red - background[0]).toBeGreaterThan(20);
});

test('a group of one is one cell, in which arrow keys stay', async () => {
  const onpoint = vi.fn();
  const { colors } = show({ matrix: fromUpperTriangle([], 1), m: 1, onpoint });
  expect(colors()).toEqual([same]);
  await userEvent.tab();
  await userEvent.keyboard('{ArrowRight}{ArrowDown}');
  await spoken('Responses 1 and 1: similarity 1.000');
  expect(onpoint).toHaveBeenLastCalledWith({ row: 0, column: 0 });
});

test('a large group has a cell for each pair, too', () => {
  const m = 128;
  const { canvas, colors } = show({ matrix: fromUpperTriangle([-1], m), m });
  expect(canvas.width).toBeGreaterThanOrEqual(m);
  const seen = colors();
  expect([seen[0], seen[1], seen[m]]).toEqual([same, opposite, opposite]);
  expect(seen[m * m - 1]).toBe(same);
});

test('the pointer reads the cell that it is on', async () => {
  const onpoint = vi.fn();
  show({ onpoint });
  await userEvent.hover(grid(), { position: { x: 150, y: 50 } });
  await spoken('Responses 1 and 2: similarity −1.000');
  expect(onpoint).toHaveBeenLastCalledWith({ row: 0, column: 1 });
  await userEvent.hover(grid(), { position: { x: 299, y: 299 } });
  expect(onpoint).toHaveBeenLastCalledWith({ row: 2, column: 2 });
  await userEvent.unhover(grid());
  await expect.poll(() => onpoint.mock.lastCall).toEqual([null]);
});

test('arrow keys go from cell to cell, from the first one on, and stay inside', async () => {
  const onpoint = vi.fn();
  show({ onpoint });
  await userEvent.tab();
  await expect.element(grid()).toHaveFocus();
  await spoken('Responses 1 and 1: similarity 1.000');
  await userEvent.keyboard('{ArrowRight}');
  await spoken('Responses 1 and 2: similarity −1.000');
  await userEvent.keyboard('{ArrowRight}{ArrowRight}{ArrowDown}{ArrowDown}{ArrowDown}');
  await spoken('Responses 3 and 3: similarity 1.000');
  await userEvent.keyboard('{ArrowLeft}{ArrowUp}');
  expect(onpoint).toHaveBeenLastCalledWith({ row: 1, column: 1 });
  await userEvent.tab();
  expect(onpoint).toHaveBeenLastCalledWith(null);
});

test('in another order rows, readout and what is pointed at are those of the response', async () => {
  const onpoint = vi.fn();
  const { colors, set } = show({ order: [2, 0, 1], onpoint });
  const unrelated = rgba(themes.dark['editor-background']).slice(0, 3).join(',');
  expect(colors()).toEqual([same, unrelated, same, unrelated, same, opposite, same, opposite, same]);
  await userEvent.hover(grid(), { position: { x: 150, y: 50 } });
  expect(onpoint).toHaveBeenLastCalledWith({ row: 2, column: 0 });
  await spoken('Responses 3 and 1: similarity 0.000');
  // The pointer stays where it is, over another pair now.
  set({ order: [0, 1, 2] });
  await spoken('Responses 1 and 2: similarity −1.000');
  expect(onpoint).toHaveBeenLastCalledWith({ row: 0, column: 1 });
});

test('a smaller group under the pointer is not read beyond its end', async () => {
  const onpoint = vi.fn();
  const { set } = show({ onpoint });
  await userEvent.hover(grid(), { position: { x: 290, y: 290 } });
  await spoken('Responses 3 and 3: similarity 1.000');
  set({ matrix: fromUpperTriangle([0.5], 2), m: 2 });
  expect(onpoint).toHaveBeenLastCalledWith(null);
  await expect.element(page.getByText(/similarity –/)).not.toBeInTheDocument();
});

test('a response that is marked has its row and column framed', () => {
  const { canvas, set } = show();
  const frame = () => {
    // At the left edge of the second of three rows.
    const { data } = canvas.getContext('2d')!.getImageData(0, canvas.height / 2, 1, 1);
    return [...data.slice(0, 3)];
  };
  const before = frame();
  set({ highlighted: 1 });
  expect(frame()).toEqual(rgba(themes.dark.foreground).slice(0, 3));
  // Of few cells the frame is as thin as of many.
  const { data } = canvas.getContext('2d')!.getImageData(4, canvas.height / 2, 1, 1);
  expect([...data.slice(0, 3)]).not.toEqual(rgba(themes.dark.foreground).slice(0, 3));
  set({ highlighted: null });
  expect(frame()).toEqual(before);
});

test('without a readout it is a picture with a name, out of the way of the Tab key', async () => {
  show();
  await expect.element(page.getByRole('img', { name: 'Similarity' })).toBeVisible();
  await userEvent.tab();
  expect(document.activeElement).toBe(document.body);
});

test('the scale shows the colours of the cells, from −1 to 1', async () => {
  const { container } = render(SimilarityScale, {});
  const colors = [...container.querySelectorAll('i')].map((stop) => getComputedStyle(stop).backgroundColor);
  const at = (place: number) => rgba(colors[place]!).slice(0, 3).join(',');
  expect([at(0), at(3), at(6)]).toEqual([opposite, '31,31,31', same]);
  await setTheme('light');
  const middle = container.querySelectorAll('i')[3]!;
  expect(getComputedStyle(middle).backgroundColor).toBe('rgb(255, 255, 255)');
});

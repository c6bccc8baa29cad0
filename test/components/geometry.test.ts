import { afterEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import { Selection } from '../../webview/src/lib/selection.svelte.js';
import Geometry from '../../webview/src/tabs/Geometry.svelte';
import { host } from './fake-host.js';
import { group, rollout } from './fixtures.js';
import { render } from './render.svelte.js';

type Props = { run: RunState; selection: Selection; smoothing: number };

async function geometry(groupSteps: number[], width = 960) {
  const run = new RunState();
  run.start();
  await host.snapshot({ groupSteps });
  await expect.poll(() => run.loaded).toBe(true);
  const selection = new Selection(run, null);
  return { run, selection, ...render<Props>(Geometry, { run, selection, smoothing: 0 }, width) };
}
const matrix = () => page.getByRole('application');
const thumbnail = (name: RegExp) => page.getByRole('option', { name });
const detail = () => page.getByTestId('response-detail');

/** The same answer three times, from different texts. */
const answers = ['12', '12', '12'];
const texts = rollout(3);
texts.responses = ['first 3*4', 'first 4*3', 'then 3+4+5'].map((text, index) => ({
  text,
  answer: '12',
  reward: index === 1 ? -1 : 1,
  finished: true,
  reason: `reason ${index}`,
}));

test('a cell opens both of its responses with what differs marked, by click and by Enter', async () => {
  const { container, selection } = await geometry([3]);
  await host.answerGroups(3, [group(3, 0, 3, { answers })]);
  await expect.element(matrix()).toBeVisible();
  matrix().element().focus();
  await userEvent.keyboard('{ArrowRight}');
  await expect.element(page.getByTestId('cell-value')).toMatchTextContent('S(1, 2) = −1.000');
  await userEvent.keyboard('{Enter}');
  expect(selection.chosen).toBe(3);
  await expect.element(page.getByRole('heading', { name: 'Responses 1 and 2 · S = −1.000' })).toBeVisible();
  await host.answerRollouts(3, [texts]);
  const compared = page.getByTestId('compared');
  await expect.element(compared.nth(0)).toMatchTextContent(/#1 ✓ correct.*Verifier: reason 0.*first 3\*4/);
  await expect.element(compared.nth(1)).toMatchTextContent(/#2 ✗ wrong.*Verifier: reason 1.*first 4\*3/);
  const marked = [...container.querySelectorAll('mark')].map((mark) => mark.textContent);
  expect(marked.join('')).not.toContain('first');
  expect(marked.length).toBeGreaterThan(0);
  await expect.element(detail()).toHaveFocus();
  await userEvent.keyboard('{Escape}');
  await expect.element(detail()).not.toBeInTheDocument();
  await expect.element(matrix()).toHaveFocus();
  const { width, height } = matrix().element().getBoundingClientRect();
  await userEvent.click(matrix(), { position: { x: width * 0.9, y: height * 0.1 } });
  await expect.element(page.getByRole('heading', { name: /^Responses 1 and 3 · S = 0\.000$/ })).toBeVisible();
  // On the diagonal there is one response.
  await userEvent.click(matrix(), { position: { x: width * 0.9, y: height * 0.9 } });
  await expect.element(page.getByRole('heading', { name: 'Response 3' })).toBeVisible();
});

test.each([
  ['cells', () => matrix()],
  ['rows', () => page.getByRole('row', { name: /^1 / })],
])('while keys go through %s, newer steps do not take them away', async (_, place) => {
  const { selection } = await geometry([3]);
  await host.answerGroups(3, [group(3, 0, 3)]);
  await expect.element(matrix()).toBeVisible();
  expect(selection.chosen).toBeNull();
  place().element().focus();
  await userEvent.keyboard('{ArrowDown}');
  expect(selection.chosen).toBe(3);
});

test('a row opens its response with what the verifier said, by click and by Enter', async () => {
  await geometry([3]);
  await host.answerGroups(3, [group(3, 0, 3, { answers })]);
  const row = (name: RegExp) => page.getByRole('row', { name });
  await userEvent.click(row(/^2 12/));
  await host.answerRollouts(3, [texts]);
  await expect.element(detail()).toMatchTextContent(/Response 2.*reason 1.*first 4\*3/);
  row(/^2 12/).element().focus();
  await userEvent.keyboard('{ArrowDown}{Enter}');
  await expect.element(detail()).toMatchTextContent(/Response 3.*reason 2.*then 3\+4\+5/);
  await userEvent.click(page.getByRole('button', { name: 'Close' }));
  await expect.element(row(/^3 12/)).toHaveFocus();
});

test('texts that were not kept, and such that cannot be read, say so beside what is known', async () => {
  await geometry([3, 4]);
  await host.answerGroups(4, [group(4, 0, 3)]);
  await userEvent.click(page.getByRole('row', { name: /^1 3\+4\+0/ }));
  await host.answerRollouts(4, []);
  await expect.element(detail()).toMatchTextContent(/were not kept.*Answer: 3\+4\+0/);
  await userEvent.click(page.getByRole('button', { name: 'Earlier step' }));
  await host.answerGroups(3, [group(3, 0, 3)]);
  await expect.element(detail()).not.toBeInTheDocument();
  await userEvent.click(page.getByRole('row', { name: /^1 3\+4\+0/ }));
  await host.refuseRollouts(3, 'EACCES: permission denied');
  await expect.element(detail()).toMatchTextContent('EACCES: permission denied');
});

test('groups are gone through with arrow keys, and the chosen one stays while newer steps come', async () => {
  const { selection } = await geometry([3]);
  await host.answerGroups(3, [group(3, 0), group(3, 1), group(3, 2)]);
  await expect.element(thumbnail(/^Group 1/)).toBeVisible();
  thumbnail(/^Group 1/)
    .element()
    .focus();
  for (const [key, name] of [
    ['{ArrowRight}', /^Group 2/],
    ['{End}', /^Group 3/],
    ['{ArrowRight}', /^Group 3/],
    ['{ArrowLeft}', /^Group 2/],
    ['{Home}', /^Group 1/],
    ['{ArrowRight}', /^Group 2/],
  ] as const) {
    await userEvent.keyboard(key);
    await expect.element(thumbnail(name)).toHaveFocus();
    await expect.element(thumbnail(name)).toHaveAttribute('aria-selected', 'true');
  }
  host.groupSteps([4]);
  await expect.element(page.getByRole('button', { name: /^Paused at step 3 · 1 newer/ })).toBeVisible();
  await expect.element(matrix()).toHaveAccessibleName(/of group 2 at step 3/);
  await userEvent.click(page.getByRole('button', { name: /^Paused/ }));
  expect(selection.chosen).toBeNull();
});

test('a long prompt and long answers leave the heatmap on the screen and rows low', async () => {
  const { container } = await geometry([3]);
  const prompt = 'A very long prompt.\n'.repeat(2000);
  await host.answerGroups(3, [
    group(3, 0, 4, { prompt, answers: ['long answer '.repeat(300), 'x'.repeat(9000), '12', ''] }),
  ]);
  await expect.element(matrix()).toBeVisible();
  expect(page.getByTestId('group-prompt').element().getBoundingClientRect().height).toBeLessThan(160);
  const heights = [...container.querySelectorAll('tbody tr')].map(
    (row) => row.getBoundingClientRect().height,
  );
  expect(Math.max(...heights)).toBeLessThan(60);
  await userEvent.click(page.getByRole('button', { name: /more characters · show all$/ }));
  expect(page.getByTestId('group-prompt').element().getBoundingClientRect().height).toBeLessThan(
    innerHeight / 3,
  );
});

test('names and answers show controls of direction', async () => {
  const { container } = await geometry([3]);
  const overrides = { prompt: 'p\u202eq', prompt_id: 'i\u2067d', answers: ['a\u202eb', 'c\u200f', '', ''] };
  await host.answerGroups(3, [group(3, 0, 4, overrides)]);
  await expect.element(page.getByText('p[U+202E]q')).toBeVisible();
  await expect.element(page.getByRole('row', { name: /^1 a\[U\+202E\]b/ })).toBeVisible();
  expect(container.innerHTML).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/);
});

afterEach(async () => {
  await page.viewport(1000, 800);
});

test.each([360, 2560])('at a width of %d nothing sticks out sideways', async (viewport) => {
  await page.viewport(viewport, 800);
  const width = viewport - 32;
  const { container } = await geometry([3], width);
  await host.answerGroups(3, [group(3, 0, 16, { prompt: 'x'.repeat(3000), prompt_id: 'y'.repeat(300) })]);
  await expect.element(matrix()).toBeVisible();
  expect(container.scrollWidth).toBeLessThanOrEqual(width);
});

import { afterEach, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { RolloutRecord } from '../../src/runs/protocol/schema.js';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import { Selection } from '../../webview/src/lib/selection.svelte.js';
import Rollouts from '../../webview/src/tabs/Rollouts.svelte';
import { host } from './fake-host.js';
import { group, rollout } from './fixtures.js';
import { render } from './render.svelte.js';

type Props = { run: RunState; selection: Selection };

async function rollouts(groupSteps: number[], width = 960) {
  const run = new RunState();
  run.start();
  await host.snapshot({ groupSteps });
  await expect.poll(() => run.loaded).toBe(true);
  const selection = new Selection(run, null);
  return { run, selection, ...render<Props>(Rollouts, { run, selection }, width) };
}

type Response = RolloutRecord['responses'][number];
const response = (text: string, overrides: Partial<Response> = {}): Response => ({
  text,
  answer: '12',
  reward: 1,
  finished: true,
  reason: 'reaches 12',
  ...overrides,
});
/** Groups of responses whose texts name them: `g1r0 …`. */
const groups = (step: number, count: number, m: number, rest = ''): RolloutRecord[] =>
  Array.from({ length: count }, (_, number) => ({
    ...rollout(step),
    group: number,
    prompt: `Prompt of ${number}`,
    responses: Array.from({ length: m }, (__, index) => response(`g${number}r${index} ${rest}`)),
  }));

const feed = () => page.getByRole('feed');
const articles = (container: Element) => [...container.querySelectorAll('article')];
const focused = () =>
  document.activeElement?.querySelector('h3')?.textContent.replace(/\s+/g, ' ').trim() ?? '';
const article = (name: RegExp) => page.getByRole('article', { name });

test('256 responses of 8,000 tokens: few exist, with a little of their text, and all can be scrolled to', async () => {
  const words = Array.from({ length: 5300 }, (_, index) => `w${(index * 7919) % 1000}`);
  const text = `${words.join(' ')} so $x^2+\\frac{1}{2}$ holds.\n`;
  expect(text.length).toBeGreaterThan(24_000);
  const { container } = await rollouts([3]);
  await host.answerRollouts(3, groups(3, 16, 16, text));
  await expect.element(article(/^Group 1 · #1/)).toBeVisible();
  expect(document.documentElement.scrollHeight).toBeLessThan(3000);
  const box = feed().element();
  for (let share = 0; share <= 1; share += 0.02) {
    box.scrollTop = share * (box.scrollHeight - box.clientHeight);
    await new Promise(requestAnimationFrame);
    expect(articles(container).length).toBeLessThan(30);
    expect(container.textContent.length).toBeLessThan(60_000);
  }
  feed().element().focus();
  await userEvent.keyboard('{End}');
  await expect.element(article(/^Group 16 · #16/)).toHaveFocus();
  await expect.element(page.getByText('Prompt of 15')).toBeVisible();
});

test('j and k go from response to response, Home and End to the ends; the step stays', async () => {
  const { selection } = await rollouts([3]);
  await host.answerRollouts(3, groups(3, 20, 4));
  await expect.element(article(/^Group 1 · #1/)).toBeVisible();
  feed().element().focus();
  for (const [key, name] of [
    ['j', 'Group 1 · #1'],
    ['j', 'Group 1 · #2'],
    ['k', 'Group 1 · #1'],
    ['k', 'Group 1 · #1'],
    ['{End}', 'Group 20 · #4'],
    ['j', 'Group 20 · #4'],
    ['{Home}', 'Group 1 · #1'],
    ['jjjj', 'Group 2 · #1'],
    ['J', 'Group 3 · #1'],
    ['jK', 'Group 2 · #1'],
    ['JjKK', 'Group 1 · #1'],
    ['{End}J', 'Group 20 · #4'],
    ['{Home}J', 'Group 2 · #1'],
  ] as const) {
    await userEvent.keyboard(key);
    await expect.poll(focused, { message: `${key} → ${name}` }).toMatch(name);
  }
  await expect.element(page.getByRole('heading', { name: 'Group 2 p0' })).toBeVisible();
  expect(selection.chosen).toBe(3);
  expect(selection.group).toBe(1);
});

test('the focus does not get lost when its response is scrolled away', async () => {
  const { container } = await rollouts([3]);
  await host.answerRollouts(3, groups(3, 50, 4));
  await expect.element(article(/^Group 1 · #1/)).toBeVisible();
  feed().element().focus();
  await userEvent.keyboard('jj');
  await expect.poll(focused).toMatch('Group 1 · #2');
  feed().element().scrollTop = 5000;
  await expect.poll(() => document.activeElement === feed().element()).toBe(true);
  await userEvent.keyboard('{Home}');
  await expect.poll(focused).toMatch('Group 1 · #1');
  expect(container.querySelectorAll('article[tabindex="0"]').length).toBe(1);
});

test('a long response has its beginning and end; Enter shows all of it, and less again', async () => {
  const { container } = await rollouts([3]);
  const text = `start ${'middle '.repeat(3000)} end`;
  await host.answerRollouts(3, [{ ...rollout(3), responses: [response(text)] }]);
  const one = article(/#1/);
  await expect.element(one).toMatchTextContent(/start middle/);
  await expect.element(one).toMatchTextContent(/middle end$/);
  const length = () => container.querySelector('article')!.textContent.length;
  expect(length()).toBeLessThan(1500);
  await userEvent.click(page.getByRole('button', { name: /^… 20,\d\d\d more characters · show all$/ }));
  await expect.poll(length).toBeGreaterThan(21_000);
  one.element().focus();
  await userEvent.keyboard('{Enter}');
  await expect.poll(length).toBeLessThan(1500);
  await userEvent.keyboard('{Enter}');
  await expect.poll(length).toBeGreaterThan(21_000);
});

test('verdict, reason and what the method made of it stand with each response', async () => {
  await rollouts([3]);
  await host.answerRollouts(3, [rollout(3)]);
  await host.answerGroups(3, [group(3, 0, 3)]);
  await expect.element(article(/^Group 1 · #2 ✗ does not use 5$/)).toBeVisible();
  await expect
    .element(article(/#2/))
    .toMatchTextContent(/reward ?−1 ?ν ?0\.667 ?scaler ?0\.850 ?advantage ?−0\.90 ?tokens ?6/);
  await expect.element(article(/#3 ✗ no answer … cut off$/)).toBeVisible();
  await expect.element(page.getByText('What the figures mean')).toBeVisible();
});

test('a response is copied as it is, by button and by key', async () => {
  const writeText = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue();
  await rollouts([3]);
  const text = '  a\u202eb $x$\n';
  await host.answerRollouts(3, [{ ...rollout(3), responses: [response(text)] }]);
  await userEvent.click(page.getByRole('button', { name: 'Copy the response' }));
  expect(writeText).toHaveBeenLastCalledWith(text);
  await expect.element(page.getByRole('button', { name: 'Copy the response' })).toMatchTextContent('Copied');
  article(/#1/).element().focus();
  await userEvent.keyboard('c');
  expect(writeText).toHaveBeenCalledTimes(2);
});

test('controls of direction and escapes are shown, not obeyed', async () => {
  const { container } = await rollouts([3]);
  const record = { ...rollout(3), prompt_id: 'p\u202e0', prompt: 'x\u2066y\u001b[31m' };
  await host.answerRollouts(3, [
    { ...record, responses: [response('a\u202egpj.exe', { reason: 'r\u200e' })] },
  ]);
  await expect.element(page.getByText('a[U+202E]gpj.exe')).toBeVisible();
  await expect.element(page.getByText('x[U+2066]y␛[31m')).toBeVisible();
  expect(container.textContent).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/);
});

test('a search in this step marks what it finds, also where the response is folded', async () => {
  const { container } = await rollouts([3]);
  const responses = [response(`${'before '.repeat(400)}NeeDle ${'after '.repeat(400)}`), response('nothing')];
  await host.answerRollouts(3, [{ ...rollout(3), responses }]);
  await userEvent.fill(page.getByRole('searchbox', { name: 'Find in responses' }), 'needle');
  await expect.poll(() => articles(container).length).toBe(1);
  await expect
    .poll(() => [...container.querySelectorAll('mark')].map((mark) => mark.textContent))
    .toEqual(['NeeDle']);
});

test('a search through all steps comes part by part, can be stopped and gone on with, and leads to the response', async () => {
  const { selection } = await rollouts([1, 2, 3]);
  await host.answerRollouts(3, groups(3, 2, 2));
  await userEvent.fill(page.getByRole('searchbox', { name: 'Find in responses' }), 'needle');
  await userEvent.click(page.getByRole('combobox', { name: 'Find' }));
  await userEvent.click(page.getByRole('option', { name: 'in all steps' }));
  const hit = (step: number, index: number | null) => ({
    step,
    group: 1,
    response: index,
    excerpt: `a needle in ${step}`,
    line: 1,
  });
  await host.answerResponseSearch('needle', { hits: [hit(3, 0)], omitted: 0, unread: 0, next: 2 });
  await expect
    .element(page.getByRole('button', { name: 'Step 3 · group 2 · #1 a needle in 3' }))
    .toBeVisible();
  await expect.poll(() => host.searchesFrom('needle')).toEqual([Number.MAX_SAFE_INTEGER, 2]);
  await userEvent.click(page.getByRole('button', { name: 'Stop' }));
  await host.answerResponseSearch('needle', { hits: [hit(2, 0)], omitted: 0, unread: 0, next: 1 });
  await userEvent.click(page.getByRole('button', { name: 'Search on' }));
  await expect.poll(() => host.searchesFrom('needle')).toHaveLength(3);
  await host.answerResponseSearch('needle', {
    hits: [hit(2, 1), hit(2, null)],
    omitted: 4,
    unread: 0,
    next: null,
  });
  await expect.element(page.getByText(/^7 found/)).toBeVisible();
  await userEvent.click(page.getByRole('button', { name: /^Step 2 · group 2 · #2/ }));
  expect(selection.chosen).toBe(2);
  await host.answerRollouts(2, groups(2, 2, 2, 'needle'));
  await expect.poll(focused).toMatch('Group 2 · #2');
});

test('who comes to search types at once, and searches all steps; later visits leave the focus alone', async () => {
  const { run } = await rollouts([3]);
  await host.answerRollouts(3, groups(3, 2, 2));
  host.show({ tab: 'rollouts' });
  const box = page.getByRole('searchbox', { name: 'Find in responses' });
  await expect.element(box).toHaveFocus();
  expect(run.wanted).toBeNull();
  await userEvent.keyboard('needle');
  await host.answerResponseSearch('needle', { hits: [], omitted: 0, unread: 0, next: null });
  await expect.element(page.getByText(/^0 found/)).toBeVisible();
});

test('what one looks at is not taken away by newer steps; a chip follows them again', async () => {
  const { selection } = await rollouts([3]);
  await host.answerRollouts(3, groups(3, 2, 2));
  await userEvent.click(article(/^Group 1 · #2/));
  host.groupSteps([4, 5]);
  const chip = page.getByRole('button', { name: /^Paused at step 3 · 2 newer/ });
  await expect.element(chip).toBeVisible();
  await expect.element(article(/^Group 1 · #2/)).toBeVisible();
  chip.element().focus();
  await userEvent.keyboard('{Enter}');
  expect(selection.chosen).toBeNull();
  // Until the newer step is there, the one before stays.
  await expect.element(article(/^Group 1 · #2/)).toBeVisible();
  await host.answerRollouts(5, groups(5, 1, 1));
  await expect.poll(() => feed().element().getAttribute('aria-label')).toBe('Responses of step 5');
  await expect.element(chip).not.toBeInTheDocument();
});

afterEach(async () => {
  await page.viewport(1000, 800);
});

test('scrolling stays at the step; a step that is followed to begins at its top', async () => {
  const { selection } = await rollouts([3]);
  await host.answerRollouts(3, groups(3, 50, 4));
  await expect.element(article(/^Group 1 · #1/)).toBeVisible();
  feed().element().scrollTop = 3000;
  await expect.poll(() => selection.chosen).toBe(3);
  host.groupSteps([4]);
  await userEvent.click(page.getByRole('button', { name: /^Paused at step 3 · 1 newer/ }));
  await host.answerRollouts(4, groups(4, 50, 4));
  await expect.poll(() => feed().element().getAttribute('aria-label')).toBe('Responses of step 4');
  await expect.poll(() => feed().element().scrollTop).toBe(0);
  expect(selection.chosen).toBeNull();
});

test.each([360, 1000, 2560])('at a width of %d nothing sticks out sideways', async (viewport) => {
  await page.viewport(viewport, 800);
  const width = viewport - 32;
  const { container } = await rollouts([3], width);
  const long = 'x'.repeat(3000);
  const record = { ...rollout(3), prompt: long, prompt_id: long };
  await host.answerRollouts(3, [
    { ...record, responses: [response(long, { reason: long }), response('$y$')] },
  ]);
  await expect.element(article(/#1/)).toBeVisible();
  expect(container.scrollWidth).toBeLessThanOrEqual(width);
  expect(feed().element().scrollWidth).toBeLessThanOrEqual(width);
});

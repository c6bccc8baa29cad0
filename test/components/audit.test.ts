import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { AuditOfStep, PromptList } from '../../src/contract/questions.js';
import type { PromptFacts } from '../../src/findings/prompts.js';
import Dashboard from '../../webview/src/Dashboard.svelte';
import { host } from './fake-host.js';
import { metricsLine, metricsLines } from './fixtures.js';
import { render } from './render.svelte.js';

const open = (tab: string) => userEvent.click(page.getByRole('tab', { name: tab }));

const prompt = (id: string, ...rates: number[]): PromptFacts => ({
  id,
  prompt: `What is ${id}?`,
  visits: rates.map((passRate, index) => ({
    step: index + 1,
    group: 2,
    passRate,
    silent: passRate % 1 === 0,
    line: 1,
  })),
  passRate: rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  silent: rates.filter((rate) => rate % 1 === 0).length,
});

const audit: AuditOfStep = {
  step: 10,
  unread: null,
  findings: [
    {
      id: 'no-signal',
      what: 'Groups without a signal',
      threshold: 'At least 50%.',
      usually: 'Leave them out.',
      figure: '57.5 % of the groups in steps 8 to 10.',
      value: 0.575,
      from: 8,
      to: 10,
      tab: 'rewards',
      metrics: ['g2rl/no_signal_after'],
      prompts: [{ id: 'a', prompt: '1 + 1', visits: 3, silent: 3, passRate: 0 }],
    },
  ],
  clear: [{ id: 'kl', what: 'KL accelerates', threshold: 'It is at least 0.1 nats.' }],
  unchecked: [],
};

const list = (prompts: PromptFacts[]): PromptList => ({
  step: 10,
  counts: { all: 7, silent: 2, unsolved: 1, 'solved-lately': 1, lost: 0 },
  prompts,
  more: 5,
  unread: null,
});

test('findings say what they found and lead to where it is seen', async () => {
  host.answerAll({ findings: () => audit });
  const { container } = render<Record<string, never>>(Dashboard, {}, 960);
  await host.snapshot({ metrics: metricsLines(10), groupSteps: [9, 10] });
  await open('Findings');
  await expect.element(page.getByRole('heading', { name: 'Groups without a signal' })).toBeVisible();
  await expect.element(page.getByText(/57\.5 % of the groups in steps 8 to 10/)).toBeVisible();
  await expect.element(page.getByText('3 of 3 visits without a signal, 0.0 % correct')).toBeVisible();
  await expect.element(page.getByText('What people usually do: Leave them out.')).toBeVisible();
  await userEvent.click(page.getByText('Checked without a finding (1)'));
  await expect.element(page.getByText('It is at least 0.1 nats.')).toBeVisible();
  expect(container.textContent).not.toContain('Refresh');
  host.metrics([metricsLine(11)]);
  await expect.element(page.getByRole('button', { name: 'Refresh' })).toBeVisible();
  await userEvent.click(page.getByRole('button', { name: 'Show in Rewards' }));
  await expect.element(page.getByRole('tab', { name: 'Rewards' })).toHaveAttribute('aria-selected', 'true');
  await expect
    .element(page.getByRole('slider', { name: 'Step' }))
    .toHaveAttribute('aria-valuetext', 'Step 10');
});

test('prompts are listed by what became of them, and lead to their groups', async () => {
  const asked: unknown[] = [];
  host.answerAll({
    prompts: (args: never) => {
      asked.push(args);
      return list([prompt('hard', 0, 0), prompt('odd', 0, 0.5)]);
    },
  });
  render<Record<string, never>>(Dashboard, {}, 960);
  await host.snapshot({ metrics: metricsLines(10), groupSteps: [1, 2, 10] });
  await open('Prompts');
  await expect.element(page.getByRole('rowheader', { name: 'What is hard?' })).toBeVisible();
  await expect.element(page.getByText('5 more are not listed: find them by their text.')).toBeVisible();
  await expect.element(page.getByTestId('prompt-count')).toHaveTextContent('2 of 7 prompts.');
  await userEvent.fill(page.getByRole('searchbox', { name: 'Find prompts' }), 'odd');
  await expect
    .poll(() => asked)
    .toEqual([
      { kind: 'silent', text: '' },
      { kind: 'silent', text: 'odd' },
    ]);
  await userEvent.click(page.getByRole('combobox', { name: 'Prompts' }));
  await userEvent.click(page.getByRole('option', { name: 'lost' }));
  await expect.poll(() => asked.at(-1)).toEqual({ kind: 'lost', text: 'odd' });
  await userEvent.click(page.getByRole('button', { name: 'Step 2, group 3: 50.0 % correct' }));
  await expect.element(page.getByRole('tab', { name: 'Geometry' })).toHaveAttribute('aria-selected', 'true');
  await expect
    .element(page.getByRole('slider', { name: 'Step' }))
    .toHaveAttribute('aria-valuetext', 'Step 2');
});

test('a run that has just begun: nothing was checked, and what comes later can be asked for', async () => {
  const audits = [{ ...audit, step: null, findings: [], clear: [], unchecked: audit.clear }, audit];
  const nothing = { ...list([]), step: null, counts: { ...list([]).counts, all: 0 }, more: 0 };
  host.answerAll({ findings: () => audits.shift(), prompts: () => nothing });
  const { container } = render<Record<string, never>>(Dashboard, {}, 960);
  await host.snapshot();
  await open('Prompts');
  await expect
    .element(page.getByTestId('no-prompts'))
    .toHaveTextContent('No groups yet: they appear with the first step.');
  await open('Findings');
  await expect.element(page.getByText('Nothing could be checked yet: a run needs ten steps.')).toBeVisible();
  expect(container.textContent).not.toContain('Nothing stands out');
  host.metrics(metricsLines(10));
  await userEvent.click(page.getByRole('button', { name: 'Refresh' }));
  await expect.element(page.getByRole('heading', { name: 'Groups without a signal' })).toBeVisible();
  await open('Prompts');
  await expect.element(page.getByRole('button', { name: 'Refresh' })).toBeVisible();
});

test('in a narrow column a prompt has the whole width, and nothing sticks out sideways', async () => {
  await page.viewport(360, 800);
  const long = { ...prompt('long', ...Array.from({ length: 12 }, () => 1)), prompt: 'word '.repeat(40) };
  const heading = { ...audit, findings: audit.findings.map((one) => ({ ...one, what: 'x'.repeat(80) })) };
  host.answerAll({ findings: () => heading, prompts: () => list([long]) });
  render<Record<string, never>>(Dashboard, {}, 328);
  await host.snapshot({ metrics: metricsLines(10), groupSteps: [1, 10] });
  const sideways = () => document.documentElement.scrollWidth;
  await open('Prompts');
  const text = page.getByRole('rowheader', { name: /^word/ });
  await expect.element(text).toBeVisible();
  expect(text.element().getBoundingClientRect().width).toBeGreaterThan(300);
  const frame = page.getByTestId('prompts').element().parentElement;
  expect(frame?.scrollWidth).toBe(frame?.clientWidth);
  expect(sideways()).toBeLessThanOrEqual(360);
  await open('Findings');
  await expect.element(page.getByTestId('finding')).toBeVisible();
  expect(sideways()).toBeLessThanOrEqual(360);
  await page.viewport(1000, 800);
});

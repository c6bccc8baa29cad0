/** Runs with rewards of their own: series, table, histograms, columns, notes, and the filter by a value. */
import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { RunSummary } from '../../src/runs/facts/run-summary.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type { GroupRecord, RolloutRecord } from '../../src/runs/protocol/schema.js';
import Dashboard from '../../webview/src/Dashboard.svelte';
import Panel from '../../webview/src/Panel.svelte';
import { host } from './fake-host.js';
import { group, hostileText, metricsLines, rollout, runSummary } from './fixtures.js';
import { render } from './render.svelte.js';

const rewards = [
  { name: 'correct', weight: 1, seconds: 10 },
  { name: 'format', weight: 0.2, seconds: 10, python: '/a/rewards.py:has_steps' },
  { name: 'short', weight: 0.1, seconds: 10, command: ['node', '/a/short.mjs'] },
];

function summary(): RunSummary {
  const run = runSummary();
  const { manifest } = run;
  return { ...run, manifest: { ...manifest, experiment: { ...manifest.experiment, rewards } } };
}

const metrics = (count: number): StepMetrics[] =>
  metricsLines(count).map((line) => ({
    ...line,
    'rewards/correct/mean': -0.5 + line.step / 20,
    'rewards/correct/std': 0.8,
    'rewards/format/mean': line.step / 30,
    'rewards/format/std': 0.3,
    'rewards/short/mean': -line.step,
    'rewards/short/std': 4,
    'rewards/short/null': 0.25,
  }));

const step = (number: number): GroupRecord[] => [
  group(3, 0, 4, {
    components: { correct: [1, -1, 1, -1], format: [0.5, 0.5, 0.5, 0.5], short: [-5, null, -7, -8] },
    rewards: [0.6, -0.9, 0.4, -1.7],
  }),
  group(3, 1, 4, {
    components: { correct: [1, 1, 1, 1], format: [0, 1, 0, 1], short: [-5, -5, -6, null] },
    rewards: [0.5, 0.7, 0.4, 1.2],
  }),
  ...Array.from({ length: number }, (_, place) =>
    group(3, 2 + place, 4, {
      components: {
        correct: [-1, -1, -1, -1],
        format: [null, null, 1, place / 9],
        short: [null, null, -7 - place, -8],
      },
      rewards: [0, 0, 0.4, -0.7],
      left_out: [0],
      shaped: [0, -1, -1, -1],
      scalers: [1, 1, 1, 1],
      advantages: [0, 0, 0, 0],
    }),
  ),
];

const dashboard = (width = 960) => render<Record<string, never>>(Dashboard, {}, width).container;
const chart = (name: RegExp) => page.getByRole('img', { name });

async function shown(tab: string, groups = step(0), width = 960) {
  host.saved = { run: 'x', tab };
  const container = dashboard(width);
  await host.snapshot({ run: summary(), metrics: metrics(3), groupSteps: [3] });
  if (tab !== 'rollouts') await host.answerGroups(3, groups);
  return container;
}

test('each reward has its own chart, its row, and its histogram; flat groups lead to their picture', async () => {
  await shown('rewards');
  await expect.element(chart(/^Reward short over 3 steps\. mean: first −1, last −3$/)).toBeVisible();
  await expect.element(chart(/^Reward format over 3 steps/)).toBeVisible();
  await expect.element(chart(/^Spread of each reward over 3 steps\..*correct.*format.*short/)).toBeVisible();
  await expect.element(chart(/^Responses without a value over 3 steps\..*short/)).toBeVisible();
  await expect.element(chart(/^Reward format by verdict\. correct: 6, .* wrong: 2/)).toBeVisible();
  await expect.element(chart(/^Reward short by verdict\. correct: 5, .* wrong: 1/)).toBeVisible();
  const row = (name: RegExp) => page.getByRole('row', { name });
  await expect.element(row(/^format 0\.200 0\.500 .* 0\.0 % 1 of 2 groups Group 1$/)).toBeVisible();
  await expect.element(row(/^correct 1\.000 .* 1 of 2 groups Group 2$/)).toBeVisible();
  await expect.element(row(/^short 0\.100 .* 25\.0 % 0 of 2 groups –$/)).toBeVisible();
  await userEvent.click(row(/^format/).getByRole('button', { name: 'Group 1' }));
  await expect
    .element(page.getByTestId('flat-rewards'))
    .toHaveTextContent('Equal for all responses: format · not equal: correct, short');
});

test('a run whose judge is the only reward has nothing of it', async () => {
  host.saved = { run: 'x', tab: 'rewards' };
  dashboard();
  await host.snapshot({ metrics: metricsLines(3), groupSteps: [3] });
  await host.answerGroups(3, [group(3)]);
  await expect.element(chart(/^Reward scalers by verdict/)).toBeVisible();
  await expect.element(page.getByTestId('step-rewards')).not.toBeInTheDocument();
  await expect.element(chart(/^Spread of each reward/)).not.toBeInTheDocument();
});

test('a group has a column for each reward, and says which responses are left out', async () => {
  await shown('geometry', step(1));
  await expect.element(page.getByTestId('own-reward').nth(1)).toHaveTextContent('short');
  await expect.element(page.getByRole('row', { name: /^2 .* ✗ wrong .* 0\.500 – −0\.900/ })).toBeVisible();
  await expect
    .poll(() => page.getByTestId('group-thumbnail').nth(1).element().textContent)
    .toContain('≡ correct');
  await userEvent.click(page.getByTestId('group-thumbnail').nth(2));
  await expect.element(page.getByRole('row', { name: /^1 .* – – left out – / })).toBeVisible();
});

test('without a judge among the rewards no response is called correct', async () => {
  await shown('geometry', [group(3, 0, 2, { components: { short: [2, -3] }, rewards: [2, -3] })]);
  await expect.element(page.getByRole('row', { name: /^1 .* reward above 0 / })).toBeVisible();
  await expect.element(page.getByRole('row', { name: /^2 .* reward not above 0 / })).toBeVisible();
});

const texts = (): RolloutRecord[] => {
  const record = rollout(3);
  const values = [
    { correct: 1, format: 0.5, short: -5 },
    { correct: -1, format: 0, short: null },
    { correct: -1, format: 0.25, short: -9 },
  ];
  const notes = [
    { short: 'five tokens' },
    undefined,
    { short: `nine tokens ${hostileText}`, format: 'no end' },
  ];
  const responses = record.responses.map((response, index) => ({
    ...response,
    rewards: values[index]!,
    ...(notes[index] && { notes: notes[index] }),
  }));
  return [{ ...record, responses }];
};
const article = (name: RegExp) => page.getByRole('article', { name });
const count = () => page.getByTestId('response-count');

test('responses have their rewards and notes, and are found by them', async () => {
  const container = await shown('rollouts');
  await host.answerRollouts(3, texts());
  await expect
    .poll(() => article(/^Group 1 · #1/).element().textContent)
    .toMatch(/format\s*0\.500\s*short\s*−5/);
  await expect.poll(() => article(/^Group 1 · #2/).element().textContent).toMatch(/short\s*–/);
  await expect.poll(() => article(/^Group 1 · #3/).element().textContent).toMatch(/short\s*nine tokens <img/);
  expect(container.querySelector('article img')).toBeNull();
  await userEvent.click(page.getByRole('combobox', { name: 'Reward' }));
  await userEvent.click(page.getByRole('option', { name: 'short' }));
  await expect.element(count()).toHaveTextContent('2 responses');
  await userEvent.fill(page.getByRole('spinbutton', { name: 'from' }), '-6');
  await expect.element(count()).toHaveTextContent('1 response');
  await expect.element(article(/^Group 1 · #1/)).toBeVisible();
  await userEvent.fill(page.getByRole('spinbutton', { name: 'from' }), '-20');
  await userEvent.fill(page.getByRole('spinbutton', { name: 'to' }), '-8.5');
  await expect.element(article(/^Group 1 · #3/)).toBeVisible();
  await expect.element(article(/^Group 1 · #1/)).not.toBeInTheDocument();
  await userEvent.click(page.getByRole('combobox', { name: 'Reward' }));
  await userEvent.click(page.getByRole('option', { name: 'any' }));
  await expect.element(count()).toHaveTextContent('3 responses');
  await userEvent.fill(page.getByRole('searchbox'), 'five tok');
  await expect.element(count()).toHaveTextContent('1 response');
});

test('the filter is there, too, in a run whose experiment does not name its rewards', async () => {
  host.saved = { run: 'x', tab: 'rollouts' };
  dashboard();
  await host.snapshot({ metrics: metrics(3), groupSteps: [3] });
  await host.answerRollouts(3, texts());
  await userEvent.click(page.getByRole('combobox', { name: 'Reward' }));
  await userEvent.click(page.getByRole('option', { name: 'format' }));
  await userEvent.fill(page.getByRole('spinbutton', { name: 'from' }), '0.4');
  await expect.element(count()).toHaveTextContent('1 response');
});

test('the panel has the newest mean of each reward', async () => {
  render<Record<string, never>>(Panel, {}, 300);
  await host.snapshot({ run: summary(), metrics: metrics(3) });
  await expect
    .element(page.getByTestId('panel-rewards'))
    .toHaveTextContent('correct −0.350 · format 0.100 · short −3.000');
});

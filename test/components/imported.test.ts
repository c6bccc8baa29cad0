/** A run of another program: what its log has is shown, and what it cannot have is said. */
import { beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { RunSummary } from '../../src/runs/facts/run-summary.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import Dashboard from '../../webview/src/Dashboard.svelte';
import { host } from './fake-host.js';
import { group, rollout, runSummary } from './fixtures.js';
import { render } from './render.svelte.js';

const importedAt = '2026-01-02T03:04:05.000Z';

function imported(): RunSummary {
  const summary = runSummary('imported');
  const settings = { num_generations: 4, output_dir: '/home/me/out' };
  const from = { format: 'TRL', source: '/home/me/out', settings, importedAt };
  return { ...summary, manifest: { ...summary.manifest, imported: from } };
}

/** Steps that have only these names. */
const logged = (names: Record<string, number>): StepMetrics[] =>
  [1, 2, 3].map((step) => ({ step, ...names }) as unknown as StepMetrics);

const nothing = {
  shaped: [],
  scalers: [],
  exploration: [],
  advantages: [],
  lengths: [],
  answers: [],
  similarity: [],
};

beforeEach(() => {
  render<Record<string, never>>(Dashboard, {}, 960);
});

test('only what the log has is drawn, other series among them', async () => {
  await host.snapshot({ run: imported(), metrics: logged({ reward: 0.5, 'perf/throughput': 40 }) });
  await expect.element(page.getByRole('img', { name: /^Reward over 3 steps/ })).toBeVisible();
  await expect.element(page.getByRole('img', { name: /^perf\/throughput over 3 steps/ })).toBeVisible();
  expect(page.getByRole('img', { name: /over 3 steps/ }).elements()).toHaveLength(2);
  await expect.element(page.getByTestId('state')).toHaveTextContent('imported');
  expect(page.getByTestId('stop').elements()).toHaveLength(0);
  expect(page.getByTestId('resume').elements()).toHaveLength(0);
});

test('its pages say that there is no geometry and are without scalers; figures that are not there are no numbers', async () => {
  await host.snapshot({ run: imported(), metrics: logged({ reward: 0.5 }), groupSteps: [2] });
  await userEvent.click(page.getByRole('tab', { name: 'Geometry' }));
  await host.answerGroups(2, [group(2, 0, 3, nothing)]);
  await expect.element(page.getByText(/RunDirectoryCallback of g2rl_torch/)).toBeVisible();
  expect(page.getByTestId('heatmap').elements()).toHaveLength(0);
  await userEvent.click(page.getByRole('tab', { name: 'Rewards' }));
  await expect.element(page.getByText(/its log has no scalers/)).toBeVisible();
  // Rewards of 1 and −1 have a signal, also where no advantage is known.
  await expect.element(page.getByTestId('no-signal-after')).toHaveTextContent('0');
  await userEvent.click(page.getByRole('tab', { name: 'Rollouts' }));
  await host.answerRollouts(2, [rollout(2)]);
  await expect.element(page.getByTestId('response').first()).toBeVisible();
  expect(document.body.textContent).not.toContain('NaN');
  await userEvent.click(page.getByRole('tab', { name: 'Configuration' }));
  await expect.element(page.getByText('TRL, /home/me/out')).toBeVisible();
  await expect.element(page.getByText('num_generations')).toBeVisible();
});

test('a response without a reward has no verdict, and what the log does not say is not filtered by', async () => {
  const run = imported();
  const status = { ...run.status, step: 2, totalSteps: 0, secondsPerStep: null } as NonNullable<
    RunSummary['status']
  >;
  const experiment = { ...run.manifest.experiment, optimization: {} } as typeof run.manifest.experiment;
  const manifest = { ...run.manifest, experiment };
  await host.snapshot({ run: { ...run, manifest, status }, metrics: [], groupSteps: [2] });
  await expect.element(page.getByTestId('progress')).toHaveTextContent('step 2');
  expect(page.getByRole('progressbar', { name: 'Training steps' }).elements()).toHaveLength(0);
  await expect.element(page.getByTestId('no-series')).toBeVisible();
  await userEvent.click(page.getByRole('tab', { name: 'Rollouts' }));
  const unrated = { ...nothing, rewards: [0, 0, 0], left_out: [0, 1, 2] };
  await host.answerGroups(2, [group(2, 0, 3, unrated)]);
  const record = rollout(2);
  const responses = record.responses.map(({ finished: _, ...response }) => ({ ...response, reward: 0 }));
  await host.answerRollouts(2, [{ ...record, responses }]);
  const first = page.getByTestId('response').first();
  await expect.element(first).toMatchTextContent(/reward\s*–/);
  expect(first.element().textContent).not.toMatch(/✗|✓|cut off|scaler|advantage/);
  expect(document.querySelector('#filter')?.textContent).not.toContain('cut off');
  await userEvent.click(page.getByRole('tab', { name: 'Rewards' }));
  await expect.element(page.getByText(/does not tell which groups have a learning signal/)).toBeVisible();
  await userEvent.click(page.getByRole('tab', { name: 'Benchmarks' }));
  await expect.element(page.getByText(/This log has no scores/)).toBeVisible();
});

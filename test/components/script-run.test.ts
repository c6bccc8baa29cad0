/** The run of a script: what it logs is drawn, its rewards are there, and without features it says how to get them. */
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { RunSummary } from '../../src/runs/facts/run-summary.js';
import Dashboard from '../../webview/src/Dashboard.svelte';
import { host } from './fake-host.js';
import { group, rollout, runSummary } from './fixtures.js';
import { render } from './render.svelte.js';

function summary(): RunSummary {
  const run = runSummary();
  const { manifest } = run;
  const script = {
    command: 'python train.py',
    folder: '/a',
    trainer: 'GRPOTrainer',
    rewards: { helpful: 1, is_short: 0.5 },
  };
  return { ...run, manifest: { ...manifest, script } };
}

const groups = [
  group(2, 0, 4, {
    components: { helpful: [0.1, 0.2, 0.3, null], is_short: [1, 1, 1, 1] },
    scalers: [1, 1, 1, 1],
    similarity: [],
    exploration: [],
  }),
];
const line = (step: number) => ({
  step,
  time: step,
  reward: step / 2,
  'rewards/helpful/mean': step / 10,
  'rewards/is_short/mean': 1,
  words: 12,
});

async function shown(tab: string) {
  host.saved = { run: 'x', tab };
  render<Record<string, never>>(Dashboard, {});
  const metrics = [1, 2].map(line) as never[];
  await host.snapshot({ run: summary(), metrics, groupSteps: [2] });
}
const chart = (name: RegExp) => page.getByRole('img', { name });

test('only what the script logs is drawn, its own figures too', async () => {
  await shown('training');
  await expect.element(chart(/^Reward over 2 steps/)).toBeVisible();
  await expect.element(chart(/^words over 2 steps/)).toBeVisible();
  await expect.element(chart(/^KL to the starting policy/)).not.toBeInTheDocument();
});

test('groups without features say how to get them', async () => {
  await shown('geometry');
  await host.answerGroups(2, groups);
  await expect
    .element(page.getByTestId('no-geometry'))
    .toHaveTextContent(
      'No features were taken in this run: G2RLTrainer takes them, and RunDirectoryCallback(observe=True) of any GRPOTrainer.',
    );
});

test('its rewards have their rows and their filter', async () => {
  await shown('rewards');
  await host.answerGroups(2, groups);
  await expect.element(page.getByRole('row', { name: /^is_short 0\.500 1\.000/ })).toBeVisible();
  await shown('rollouts');
  await host.answerRollouts(2, [rollout(2)]);
  await expect.element(page.getByRole('combobox', { name: /reward/i }).first()).toBeVisible();
});

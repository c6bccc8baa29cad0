/** Every part in every theme: it says nothing on the console (see setup.ts), and its texts can be read. */
import { describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { ShownRunState } from '../../src/runs/protocol/schema.js';
import Header from '../../webview/src/components/Header.svelte';
import Dashboard from '../../webview/src/Dashboard.svelte';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import Panel from '../../webview/src/Panel.svelte';
import Setup from '../../webview/src/Setup.svelte';
import { host, tell } from './fake-host.js';
import {
  benchmarkRecord,
  evaluatedProblem,
  group,
  metricsLines,
  problemOverviews,
  rollout,
  runSummary,
  setupReport,
} from './fixtures.js';
import { contrast, paleTexts, rgba } from './look.js';
import { render } from './render.svelte.js';
import { setTheme, type ThemeName, themeNames, themes } from './themes.js';

type Nothing = Record<string, never>;
const error = { message: 'CUDA out of memory', hint: 'Use a smaller group.' };
const gpu = { 'gpu/0/utilization': 0.5, 'gpu/0/power': 300 };
const snapshot = {
  run: runSummary('failed', { status: { error }, notice: 'newer schema', skippedLines: { 'log.txt': 1 } }),
  metrics: metricsLines(40, gpu),
  benchmarks: [benchmarkRecord(0, 0.4), benchmarkRecord(25, 0.5), benchmarkRecord(40, 0.45)],
  groupSteps: [39, 40],
};
const open = (tab: string) => userEvent.click(page.getByRole('tab', { name: tab }));

/** Opens all tabs, one after the other, and gives the texts that are hard to read. */
async function allTabs(): Promise<string[]> {
  const { container } = render<Nothing>(Dashboard, {}, 960);
  await host.snapshot(snapshot);
  const pale: string[] = [];
  const look = () => pale.push(...paleTexts(container));
  await expect.element(page.getByRole('img', { name: /^Loss over 40 steps/ })).toBeVisible();
  look();
  await open('Geometry');
  await host.answerGroups(40, [group(40, 0, 8), group(40, 1, 1), group(40, 2, 4, { invalid: true })]);
  await expect.element(page.getByRole('application')).toBeVisible();
  look();
  await open('Rewards');
  await expect.element(page.getByRole('img', { name: /^Reward scalers/ })).toBeVisible();
  look();
  await open('Rollouts');
  await host.answerRollouts(40, [rollout(40)]);
  await expect.element(page.getByText('3 4 5 → 12')).toBeVisible();
  look();
  await open('Configuration');
  await expect.element(page.getByRole('heading', { name: 'Versions' })).toBeVisible();
  look();
  await open('Benchmarks');
  await host.answerOtherRuns([
    { id: 'o-1234', name: 'baseline', method: 'grpo', benchmarks: [benchmarkRecord(20, 0.45)] },
  ]);
  await expect.element(page.getByText('Compare with')).toBeVisible();
  look();
  await userEvent.click(page.getByRole('button', { name: /last, step 40/ }));
  await host.answerEvaluation(problemOverviews(50));
  await host.answerProblem(evaluatedProblem('algebra/0'));
  await expect.element(page.getByRole('heading', { name: 'algebra/0' })).toBeVisible();
  look();
  return pale;
}

describe.each(themeNames)('%s', (name: ThemeName) => {
  test('every tab of the dashboard can be read', async () => {
    await setTheme(name);
    expect(await allTabs()).toEqual([]);
  });

  test('the panel can be read', async () => {
    await setTheme(name);
    const { container } = render<Nothing>(Panel, {}, 280);
    await host.snapshot(snapshot);
    await host.answerGroups(40, [group(40)]);
    await expect.element(page.getByRole('img', { name: /^Similarity/ })).toBeVisible();
    expect(paleTexts(container)).toEqual([]);
  });

  test('the setup page can be read', async () => {
    await setTheme(name);
    const { container } = render<Nothing>(Setup, {}, 960);
    const warning = { severity: 'warning' as const, message: 'slow', hint: 'Get a GPU.', installs: false };
    const lacking = { name: 'trl', specifier: '==1.0', installed: '0.9', fits: false };
    const report = setupReport();
    const problems = [warning, { ...warning, severity: 'error' as const, message: 'trl' }];
    await host.environment({ ...report, problems, packages: [...report.packages, lacking], installs: true });
    host.installing(false, ['Collecting trl']);
    host.installationFailed('pip failed', 'Look below.');
    await expect.element(page.getByRole('alert')).toBeVisible();
    expect(paleTexts(container)).toEqual([]);
  });

  test('states can be told by their words, which stand out from the page', async () => {
    await setTheme(name);
    const states: ShownRunState[] = ['running', 'stopping', 'finished', 'stopped', 'failed', 'lost'];
    for (const state of states) {
      const run = new RunState();
      tell(run, { run: runSummary(state) });
      expect(paleTexts(render<{ run: RunState }>(Header, { run }).container), state).toEqual([]);
    }
  });

  test('lines of charts stand out from the page', async () => {
    await setTheme(name);
    const { container } = render<Nothing>(Dashboard, {}, 960);
    await host.snapshot(snapshot);
    await expect.element(page.getByRole('img', { name: /^Loss over 40 steps/ })).toBeVisible();
    const strokes = [...container.querySelectorAll('figcaption line')].map((line) =>
      line.getAttribute('stroke'),
    );
    expect(new Set(strokes).size).toBeGreaterThanOrEqual(4);
    const background = rgba(themes[name]['editor-background']);
    for (const stroke of new Set(strokes)) {
      expect(contrast(rgba(stroke ?? ''), background), stroke ?? '').toBeGreaterThan(3);
    }
  });
});

/** Every part in every theme: it says nothing on the console (see setup.ts), and its texts can be read. */
import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
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
import { setTheme, themeNames, themes } from './themes.js';

type Nothing = Record<string, never>;
const error = { message: 'CUDA out of memory', hint: 'Use a smaller group.' };
const gpu = { 'gpu/0/utilization': 0.5, 'gpu/0/power': 300 };
const snapshot = {
  run: runSummary('failed', { status: { error }, notice: 'newer schema', skippedLines: { 'log.txt': 1 } }),
  metrics: metricsLines(40, gpu),
  benchmarks: [benchmarkRecord(0, 0.4), benchmarkRecord(25, 0.5), benchmarkRecord(40, 0.45)],
  groupSteps: [39, 40],
};

/** No text is hard to read, in no theme. The toolkit's controls take a frame to follow a new theme. */
async function canBeRead(part: Element): Promise<void> {
  for (const name of themeNames) {
    await setTheme(name);
    await expect.poll(() => paleTexts(part), { message: name }).toEqual([]);
  }
}

const visible = (role: 'img' | 'heading', name: string | RegExp) =>
  expect.element(page.getByRole(role, { name })).toBeVisible();
/** Each tab, and what it takes until all of it is shown. */
const tabs: Record<string, () => Promise<void>> = {
  training: () => visible('img', /^Loss over 40 steps/),
  geometry: async () => {
    await host.answerGroups(40, [group(40, 0, 8), group(40, 1, 1), group(40, 2, 4, { invalid: true })]);
    await expect.element(page.getByRole('application')).toBeVisible();
  },
  rewards: async () => {
    await host.answerGroups(40, [group(40)]);
    await visible('img', /^Reward scalers/);
  },
  rollouts: async () => {
    await host.answerRollouts(40, [rollout(40)]);
    await expect.element(page.getByText('3 4 5 → 12')).toBeVisible();
  },
  configuration: () => visible('heading', 'Versions'),
  benchmarks: async () => {
    const benchmarks = [benchmarkRecord(20, 0.45)];
    await host.answerOtherRuns([{ id: 'o-1234', name: 'baseline', method: 'grpo', benchmarks }]);
    await expect.element(page.getByText('Compare with')).toBeVisible();
  },
};

async function dashboard(tab: string): Promise<HTMLElement> {
  host.saved = { run: snapshot.run.id, tab };
  const { container } = render<Nothing>(Dashboard, {}, 960);
  await host.snapshot(snapshot);
  await tabs[tab]?.();
  return container;
}

test.each(Object.keys(tabs))('the dashboard: %s', async (tab) => {
  await canBeRead(await dashboard(tab));
});

test('the dashboard: the problems of a benchmark', async () => {
  const container = await dashboard('benchmarks');
  await userEvent.click(page.getByRole('button', { name: /last, step 40/ }));
  await host.answerEvaluation(problemOverviews(50));
  await host.answerProblem(evaluatedProblem('algebra/0'));
  await visible('heading', 'algebra/0');
  await canBeRead(container);
});

test('the panel', async () => {
  const { container } = render<Nothing>(Panel, {}, 280);
  await host.snapshot(snapshot);
  await host.answerGroups(40, [group(40)]);
  await expect.element(page.getByRole('img', { name: /^Similarity/ })).toBeVisible();
  await canBeRead(container);
});

test('the setup page', async () => {
  const { container } = render<Nothing>(Setup, {}, 960);
  const warning = { severity: 'warning' as const, message: 'slow', hint: 'Get a GPU.', installs: false };
  const problems = [warning, { ...warning, severity: 'error' as const, message: 'trl' }];
  const lacking = { name: 'trl', specifier: '==1.0', installed: '0.9', fits: false };
  const report = setupReport();
  await host.environment({ ...report, problems, packages: [...report.packages, lacking], installs: true });
  host.installing(false, ['Collecting trl']);
  host.installationFailed('pip failed', 'Look below.');
  await expect.element(page.getByRole('alert')).toBeVisible();
  await canBeRead(container);
});

const states = [
  'starting',
  'running',
  'evaluating',
  'stopping',
  'finished',
  'stopped',
  'failed',
  'lost',
] as const;
test.each(states)('the state of a run that is %s', async (state) => {
  const run = new RunState();
  tell(run, { run: runSummary(state) });
  await canBeRead(render<{ run: RunState }>(Header, { run }).container);
});

test.each(themeNames)('lines of charts stand out from the page: %s', async (name) => {
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

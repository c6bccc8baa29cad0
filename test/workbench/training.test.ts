/** The main job as a user does it: start from the palette, watch every view move, reload, stop. */
import type { FrameLocator, Locator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BenchmarkRecord } from '../../src/runs/protocol/schema.js';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  panelFrame,
  RunFiles,
  readHeatmap,
  shortExperiment,
  startEditor,
  type Theme,
  themes,
  until,
  type Workspace,
} from './index.js';

const tabs = ['training', 'geometry', 'rewards', 'benchmarks', 'rollouts', 'configuration'] as const;

/** Numbers in attributes; NaN when the attribute is missing or is no number. */
async function numberOf(locator: Locator, attribute: string): Promise<number> {
  const text = await locator.getAttribute(attribute);
  return text === null || text === '' ? Number.NaN : Number(text);
}

/** Waits until what `read` gives differs from what it gives now; returns both. */
async function moves<T>(what: string, read: () => Promise<T>): Promise<[before: T, after: T]> {
  const before = await read();
  const after = await until(`${what} to move on from ${before}`, async () => {
    const value = await read();
    // Between two values an element may be away for a moment.
    return value === before || value === null ? null : { value };
  });
  return [before, after.value];
}

describe('training from the command palette', () => {
  let workspace: Workspace;
  let editor: Editor;
  let palette: CommandPalette;
  let window: EditorWindow;
  let run: RunFiles;
  let dashboard: FrameLocator;
  let broken: string | null = null;

  beforeAll(async () => {
    workspace = await createWorkspace();
    editor = await startEditor({ folder: workspace.folder });
    palette = new CommandPalette(editor.page);
    window = new EditorWindow(editor.page);
  });
  afterAll(async () => {
    await run?.kill();
    await editor?.close();
    await workspace?.remove();
  });
  // Each test goes on where the one before it ended: after a failure the rest would only wait in vain.
  beforeEach((context) => {
    if (broken) context.skip(`"${broken}" failed`);
    context.onTestFailed(async () => {
      broken = context.task.name;
      console.error(editor.problems.join('\n'));
      await editor.picture(`failed-${context.task.name.replace(/\W+/g, '-')}`);
    });
  });

  test('an experiment file offers to start', async () => {
    await window.showRuns();
    await editor.page.getByText('No runs yet.').waitFor();
    await editor.picture('welcome');
    await window.open('countdown.g2rl.json');
    await window.lens('Start Training').waitFor();
    expect(await window.endOfLine()).toBeNull();
    expect(await palette.offers('G2RL: Stop Training')).toBe(false);
  });

  test('Start Training makes a run that appears in the explorer and progresses', async () => {
    await palette.run('G2RL: Start Training');
    run = await RunFiles.first(workspace.folder);
    const row = window.row(/^countdown, running, [1-9]/);
    await row.waitFor({ timeout: 60_000 });
    await moves('the run in the explorer', () => row.textContent());
    await run.yieldToOthers();
    const { pid } = await run.status();
    expect(pid).not.toBe(process.pid);
    expect(await run.processExists()).toBe(true);
  });

  test('status bar, code lenses, end of line and hover follow the run', async () => {
    await moves('the status bar', () => window.statusItem().textContent());
    await window.lens('Stop').waitFor();
    await window.lens('Open Dashboard').waitFor();
    await window.lens('pass@1').waitFor();
    const [, line] = await moves('the end of the line', () => window.endOfLine());
    expect(line).toMatch(/● \d+\/50000 .*reward/);
    const hover = await window.hover('name', 'Reward');
    expect(hover.pictures).toBe(3);
    expect(hover.text).toMatch(/Reward.*Training pass@1.*Mean similarity/s);
    await editor.picture('inline-metrics');
    await editor.page.keyboard.press('Escape');
  });

  test('the live panel moves with the files', async () => {
    const panel = await panelFrame(editor.page);
    await panel.getByTestId('panel-series-reward').waitFor();
    for (const [name, field] of [
      ['reward', 'reward'],
      ['similarity', 'g2rl/similarity_mean'],
    ] as const) {
      const series = panel.getByTestId(`panel-series-${name}`);
      const [before, after] = await moves(`the panel's ${name}`, () => numberOf(series, 'data-last'));
      const written = (await run.metrics()).map((line) => line[field]);
      expect(written.indexOf(after)).toBeGreaterThan(-1);
      expect(written.indexOf(before)).toBeGreaterThan(-1);
    }
    const heatmap = panel.getByTestId('panel-heatmap');
    expect(await numberOf(heatmap, 'data-cells')).toBe(shortExperiment.groupSize ** 2);
    await moves("the panel's heatmap", () => numberOf(heatmap, 'data-step'));
    const benchmarks = await run.benchmarks();
    const passAt1 = await numberOf(panel.getByTestId('panel-series-pass1'), 'data-last');
    expect(benchmarks.map((record) => record.pass_at_1)).toContain(passAt1);
  });

  test('the dashboard shows the run as it goes', async () => {
    await palette.run('G2RL: Open Dashboard');
    dashboard = await dashboardFrame(editor.page);
    const state = dashboard.getByTestId('state');
    expect(['running', 'evaluating']).toContain(await state.getAttribute('data-state'));
    const progress = dashboard.getByTestId('progress');
    expect(await numberOf(progress, 'data-total')).toBe(shortExperiment.steps);
    await moves('the progress', () => numberOf(progress, 'data-step'));
  });

  test('a heatmap has as many cells as pairs of responses, coloured by the similarities in the file', async () => {
    await dashboard.getByTestId('tab-geometry').click();
    const heatmap = dashboard.getByTestId('heatmap').first();
    await heatmap.waitFor();
    const picture = await readHeatmap(heatmap);
    const record = await until('the group that is shown', async () =>
      (await run.groups()).find(({ step, group }) => step === picture.step && group === picture.group),
    );
    expect(record.m).toBe(shortExperiment.groupSize);
    expect(picture.cells).toBe(record.m ** 2);
    expect(picture.colors).toHaveLength(record.m ** 2);
    // Responses may be shown in another order; pairs of equal similarity have equal colours in any.
    const at = (row: number, column: number) => picture.colors[row * record.m + column];
    const offDiagonal = new Set<string | undefined>();
    for (let row = 0; row < record.m; row++) {
      expect(at(row, row)).toBe(at(0, 0));
      for (let column = 0; column < row; column++) {
        expect(at(row, column)).toBe(at(column, row));
        offDiagonal.add(at(row, column));
      }
    }
    const values = new Set(record.similarity.map((value) => value.toFixed(6)));
    expect(offDiagonal.size).toBeLessThanOrEqual(values.size);
    const spread = Math.max(...record.similarity) - Math.min(...record.similarity);
    if (spread > 0.1) expect(offDiagonal.size).toBeGreaterThan(1);
  });

  test("the scaler plot counts every response of the step's groups", async () => {
    await dashboard.getByTestId('tab-rewards').click();
    const plot = dashboard.getByTestId('scaler-plot');
    await plot.waitFor();
    const box = await plot.boundingBox();
    expect(box!.width).toBeGreaterThan(200);
    const counts = await plot
      .locator('rect title')
      .evaluateAll((titles) => titles.map((title) => Number(/(\d+)$/.exec(title.textContent.trim())?.[1])));
    const counted = counts.reduce((sum, count) => sum + count, 0);
    expect(counted).toBe(shortExperiment.groupSize * shortExperiment.promptsPerStep);
  });

  test('the benchmark rows have the figures of benchmarks.jsonl', async () => {
    await dashboard.getByTestId('tab-benchmarks').click();
    const records = await until(
      'a second evaluation',
      async () => {
        const all = await run.benchmarks();
        return all.length >= 2 ? all : null;
      },
      120,
    );
    const metrics = ['pass_at_1', 'maj_at_k', 'pass_at_k', 'distinct_at_k', 'mean_length'] as const;
    for (const record of records) {
      const row = dashboard.locator(
        `[data-testid="benchmark-row"][data-benchmark="${record.benchmark}"][data-step="${record.step}"]`,
      );
      await row.waitFor();
      const shown: Partial<BenchmarkRecord> = {};
      for (const metric of metrics) {
        shown[metric] = await numberOf(row.locator(`[data-metric="${metric}"]`), 'data-value');
      }
      expect(shown).toEqual(Object.fromEntries(metrics.map((metric) => [metric, record[metric]])));
      const passAt1 = await row.locator('[data-metric="pass_at_1"]').textContent();
      expect(passAt1).toContain((100 * record.pass_at_1).toFixed(1));
    }
  });

  test('after a reload of the window the run still goes and the dashboard is back', async () => {
    const before = await run.status();
    await editor.reload();
    dashboard = await dashboardFrame(editor.page);
    const after = await run.status();
    expect([after.pid, after.processStart]).toEqual([before.pid, before.processStart]);
    expect(await run.processExists()).toBe(true);
    const progress = dashboard.getByTestId('progress');
    await progress.waitFor();
    const [first] = await moves('the progress', () => numberOf(progress, 'data-step'));
    expect(first).toBeGreaterThanOrEqual(before.step);
    await window.showRuns();
    await window.row(/^countdown, (running|evaluating), /).waitFor();
    await moves('the status bar', () => window.statusItem().textContent());
    const panel = await panelFrame(editor.page);
    await moves("the panel's reward", () => numberOf(panel.getByTestId('panel-series-reward'), 'data-last'));
    await editor.picture('after-reload');
  });

  test('Stop Training shows "stopped" only when the process is gone', async () => {
    await palette.run('G2RL: Stop Training');
    const state = dashboard.getByTestId('state');
    await until('the run to be shown as stopped', async () => {
      // First what is shown, then the process: what is shown must have been true already.
      const inDashboard = (await state.getAttribute('data-state')) === 'stopped';
      const inExplorer = (await window.row(/^countdown, stopped, /).count()) > 0;
      const processExists = await run.processExists();
      if (inDashboard || inExplorer) expect(processExists).toBe(false);
      return inDashboard && inExplorer;
    });
    const status = await run.status();
    expect(status.state).toBe('stopped');
    expect(status.checkpointStep).toBe(status.step);
    await window
      .notification(/stopped at step/)
      .first()
      .waitFor();
    await until('the status bar to be empty', async () => (await window.statusItem().count()) === 0);
    expect(await palette.offers('G2RL: Stop Training')).toBe(false);
    await editor.picture('stopped');
  });

  test('each tab is shown in dark, light and high contrast', async () => {
    for (const theme of Object.keys(themes) as Theme[]) {
      await editor.theme(theme);
      await dashboard.locator(`body.${themes[theme].webview}`).waitFor();
      for (const tab of tabs) {
        await dashboard.getByTestId(`tab-${tab}`).click();
        await dashboard.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
        await editor.picture(`${tab}-${theme}`);
      }
    }
    await editor.theme('dark');
  });

  test('Resume Training goes on from the checkpoint', async () => {
    const { step } = await run.status();
    await palette.run('G2RL: Resume Training');
    await until('steps beyond the checkpoint', async () => {
      const status = await run.status();
      return status.state === 'running' && status.step > step;
    });
    await dashboard.locator('[data-testid="state"][data-state="running"]').waitFor();
    await palette.run('G2RL: Stop All Training');
    await until('the process to be gone', async () => !(await run.processExists()));
    await dashboard.locator('[data-testid="state"][data-state="stopped"]').waitFor();
  });
});

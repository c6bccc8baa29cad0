/** Charts of a dashboard: one cursor for all of them, their keys, and what is chosen and kept. */
import { beforeEach, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Dashboard from '../../webview/src/Dashboard.svelte';
import { host } from './fake-host.js';
import { benchmarkRecord, group, metricsLine, metricsLines, runSummary } from './fixtures.js';
import { render } from './render.svelte.js';

const dashboard = (width = 960) => render<Record<string, never>>(Dashboard, {}, width).container;
const cursor = (name: string) => page.getByRole('slider', { name, exact: true });
async function focus(name: string): Promise<void> {
  await expect.element(cursor(name)).toBeInTheDocument();
  (cursor(name).element() as HTMLElement).focus();
}
const said = (name: string) => expect.poll(() => cursor(name).element().getAttribute('aria-valuetext'));
const top = (container: HTMLElement) =>
  [...container.querySelectorAll('.plot')].map((plot) => Math.round(plot.getBoundingClientRect().top));

/** What stays the same for a while: on a busy machine the page is still being laid out. */
async function settled(look: () => number[]): Promise<number[]> {
  for (let last = look(); ; ) {
    await new Promise((next) => setTimeout(next, 300));
    const now = look();
    if (JSON.stringify(now) === JSON.stringify(last)) return now;
    last = now;
  }
}

beforeEach(async () => {
  await page.viewport(1000, 800);
});

test('a chart is moved in by keys; all legends name the same step, and nothing jumps', async () => {
  const container = dashboard();
  await host.snapshot({
    metrics: metricsLines(30),
    benchmarks: [benchmarkRecord(10, 0.5)],
    run: runSummary('running', { checkpointSteps: [10] }),
  });
  await expect.element(cursor('Reward')).toBeInTheDocument();
  const before = await settled(() => top(container));
  await focus('Reward');
  await said('Reward').toMatch(/^step 30, reward −0\.2, smoothed about −0\.21/);
  await userEvent.keyboard('{ArrowLeft}');
  await said('Reward').toMatch(/^step 29, /);
  await said('Loss').toMatch(/^step 29, /);
  await expect
    .poll(() => [...container.querySelectorAll('.at')].every((at) => at.textContent?.includes('at step 29')))
    .toBe(true);
  expect(top(container)).toEqual(before);
  await userEvent.keyboard('{Home}');
  await said('Reward').toMatch(/^step 1, /);
  for (let count = 0; count < 3; count++) await userEvent.keyboard('{PageUp}');
  await said('Reward').toMatch(/^step 10, .*, evaluation, checkpoint$/);
  await expect.element(page.getByText(/at step 10.*▲■/).first()).toBeVisible();
  await userEvent.keyboard('{End}');
  await said('Reward').toMatch(/^step 30, /);
});

test('extremes, shares and rates are never smoothed', async () => {
  dashboard();
  await host.snapshot({ metrics: metricsLines(30) });
  await said('Learning rate').toBe('step 30, rate 1.0e−4');
  await said('Cut off').toBe('step 30, cut off 0.0 %');
  await said('Response length').toMatch(/^step 30, mean 12, smoothed about 12, min 4, max 32$/);
});

test('Enter lets a chart fill the page and brings it back; keys stay in it', async () => {
  const container = dashboard();
  await host.snapshot({ metrics: metricsLines(30) });
  await focus('Loss');
  await userEvent.keyboard('{Enter}');
  const dialog = page.getByRole('dialog', { name: 'Loss' });
  await expect.element(dialog).toBeVisible();
  expect(dialog.element().getBoundingClientRect()).toMatchObject({
    left: 0,
    top: 0,
    width: 1000,
    height: 800,
  });
  await expect
    .poll(() => dialog.element().querySelector('canvas')!.getBoundingClientRect().height)
    .toBeGreaterThan(600);
  await expect.poll(() => host.saved).toMatchObject({ maximized: 'Loss' });
  for (let count = 0; count < 4; count++) {
    await userEvent.keyboard('{Tab}');
    expect(dialog.element().contains(document.activeElement)).toBe(true);
  }
  await userEvent.keyboard('{Escape}');
  await expect.element(dialog).not.toBeInTheDocument();
  expect(document.activeElement).toBe(cursor('Loss').element());
  expect(container.querySelector('canvas')!.getBoundingClientRect().height).toBe(150);
});

test('a logarithmic axis and further metrics are chosen, and are there again after a reload', async () => {
  const lines = metricsLines(20).map((line) => ({ ...line, 'my/own': line.step ** 2 }));
  dashboard();
  await host.snapshot({ metrics: lines });
  await userEvent.click(page.getByRole('button', { name: 'Loss: log axis' }));
  await userEvent.click(page.getByText(/^More metrics/));
  await userEvent.click(page.getByRole('checkbox', { name: 'my/own' }));
  await expect
    .element(page.getByRole('img', { name: 'my/own over 20 steps. my/own: first 1, last 400' }))
    .toBeVisible();
  await expect.poll(() => host.saved).toMatchObject({ logarithmic: ['Loss'], chosen: ['my/own'] });
  const { saved } = host;
  host.reset();
  host.saved = saved;
  dashboard();
  await host.snapshot({ metrics: lines });
  await expect
    .element(page.getByRole('button', { name: 'Loss: log axis' }).last())
    .toHaveAttribute('aria-pressed', 'true');
  await expect.element(page.getByRole('img', { name: /^my\/own/ }).last()).toBeVisible();
});

test.each(['grpo', 'entropy'] as const)(
  'rewards of %s: why there are no scalers, and what there is',
  async (name) => {
    host.saved = { run: 'x', tab: 'rewards' };
    const run = runSummary();
    const { experiment } = run.manifest;
    dashboard();
    await host.snapshot({
      run: {
        ...run,
        manifest: { ...run.manifest, experiment: { ...experiment, method: { ...experiment.method, name } } },
      },
      metrics: metricsLines(3),
      groupSteps: [3],
    });
    await host.answerGroups(3, [group(3)]);
    await expect.element(page.getByTestId('no-scalers')).toMatchTextContent(/there are no scalers/);
    await expect
      .element(
        page.getByRole('img', {
          name: /^Advantages by verdict\. correct: 2, mean 0\.9\. wrong: 2, mean −0\.9/,
        }),
      )
      .toBeVisible();
    await expect
      .element(page.getByRole('img', { name: /^Groups without signal over 3 steps\. before/ }))
      .toBeVisible();
    await expect.element(page.getByRole('img', { name: /^Scalers/ })).not.toBeInTheDocument();
  },
);

test('a silent host: buttons are off until it is heard again', async () => {
  dashboard();
  await host.snapshot();
  const notice = page.getByTestId('not-connected');
  await expect.element(notice, { timeout: 10_000 }).toBeVisible();
  await expect.element(page.getByRole('button', { name: 'Stop' })).toHaveAttribute('disabled');
  const { readies } = host;
  host.beat();
  await expect.element(notice).not.toBeInTheDocument();
  await expect.element(page.getByRole('button', { name: 'Stop' })).not.toHaveAttribute('disabled');
  expect(host.readies).toBeGreaterThan(readies);
});

test('charts are few and large on a wide page, and no page is wider than a narrow column', async () => {
  await page.viewport(2560, 1400);
  const container = dashboard(2528);
  await host.snapshot({ metrics: [metricsLine(1), metricsLine(2)] });
  await expect
    .poll(() => container.querySelector('canvas')?.getBoundingClientRect().height)
    .toBeGreaterThan(220);
  expect(container.querySelector('canvas')!.getBoundingClientRect().width).toBeGreaterThan(500);
  await page.viewport(360, 800);
  container.style.width = '328px';
  for (const tab of ['Training', 'Benchmarks', 'Configuration']) {
    await userEvent.click(page.getByRole('tab', { name: tab }));
    await expect.poll(() => document.documentElement.scrollWidth).toBeLessThanOrEqual(360);
  }
});

test('configuration: only what differs, and copying', async () => {
  host.saved = { run: 'x', tab: 'configuration' };
  dashboard();
  const run = runSummary();
  await host.snapshot({ run });
  await host.answerDefaults({ ...run.manifest.experiment, seed: 7 });
  await expect.element(page.getByRole('row', { name: 'seed 0 default: 7' })).toBeVisible();
  await userEvent.click(page.getByRole('checkbox', { name: 'Only what differs from the defaults' }));
  await expect.poll(() => page.getByRole('row').elements().length).toBe(1);
  let copied = '';
  navigator.clipboard.writeText = async (text) => {
    copied = text;
  };
  await userEvent.click(page.getByRole('button', { name: 'Copy the experiment as JSON' }));
  expect(JSON.parse(copied)).toEqual(run.manifest.experiment);
  await expect.element(page.getByText('Copied')).toBeInTheDocument();
});

test('a chart is saved as a picture, and its numbers whole, from a menu', async () => {
  dashboard();
  await host.snapshot({ metrics: metricsLines(30), benchmarks: [benchmarkRecord(10, 0.5)] });
  await focus('Reward');
  const button = page.getByRole('button', { name: 'Reward: export', exact: true });
  const choose = async (keys: string) => {
    (button.element() as HTMLElement).focus();
    await userEvent.keyboard(`{Enter}${keys}`);
    await expect.element(button).toHaveFocus();
    await expect.element(button).toHaveAttribute('aria-expanded', 'false');
  };
  await choose('{ArrowDown}{Enter}');
  await expect.poll(() => host.asked('savePicture')).toHaveLength(1);
  const [saved] = host.asked('savePicture');
  expect(saved).toMatchObject({ name: 'Reward', format: 'svg' });
  const svg = new DOMParser().parseFromString(atob(String(saved!.data)), 'image/svg+xml');
  expect(svg.querySelector('parsererror')).toBeNull();
  const lines = [...svg.querySelectorAll('polyline')].map((line) => line.getAttribute('points') ?? '');
  expect(lines.map((points) => points.split(' ').length)).toEqual([30, 30]);
  expect(lines.join()).not.toMatch(/NaN|Infinity/);
  expect([...svg.querySelectorAll('text')].map((text) => text.textContent)).toContain('step');
  await choose('{Enter}');
  await expect.poll(() => host.asked('savePicture').at(-1)).toMatchObject({ format: 'png' });
  expect(atob(String(host.asked('savePicture').at(-1)!.data)).slice(1, 4)).toBe('PNG');
  await choose('{ArrowUp}{Enter}');
  await expect.poll(() => host.asked('saveSeries')).toEqual([{ name: 'Reward', metrics: ['reward'] }]);
  await choose('{Escape}');
  await userEvent.click(page.getByRole('tab', { name: 'Benchmarks' }));
  const accuracy = page.getByRole('button', { name: 'countdown-test: accuracy: export' });
  await userEvent.click(accuracy);
  await userEvent.click(page.getByRole('menuitem', { name: 'Numbers as CSV' }));
  await expect
    .poll(() => host.asked('saveTable'))
    .toMatchObject([
      {
        name: 'countdown-test: accuracy',
        table: { columns: ['step', 'pass@1', 'pass@1 ±', 'maj@16', 'maj@16 ±', 'pass@16', 'pass@16 ±'] },
      },
    ]);
});

test('heatmaps and distributions are saved, too', async () => {
  dashboard();
  await host.snapshot({ metrics: metricsLines(3), groupSteps: [3] });
  await userEvent.click(page.getByRole('tab', { name: 'Geometry' }));
  await host.answerGroups(3, [group(3, 0, 3)]);
  const savedSvg = async () => {
    await userEvent.click(page.getByRole('menuitem', { name: 'Picture as SVG' }));
    await expect.poll(() => host.asked('savePicture').length).toBeGreaterThan(0);
    const text = new TextDecoder().decode(
      Uint8Array.from(atob(String(host.asked('savePicture').at(-1)!.data)), (byte) => byte.charCodeAt(0)),
    );
    const svg = new DOMParser().parseFromString(text, 'image/svg+xml');
    expect(svg.querySelector('parsererror')).toBeNull();
    expect(svg.documentElement.getAttribute('width')).toMatch(/^\d/);
    return svg;
  };
  const heatmap = page.getByRole('button', { name: 'Similarity, step 3, group 1: export' });
  await userEvent.click(heatmap);
  expect((await savedSvg()).querySelectorAll('rect')).toHaveLength(9);
  await userEvent.click(heatmap);
  await userEvent.click(page.getByRole('menuitem', { name: 'Numbers as CSV' }));
  await expect.poll(() => host.asked('saveTable').length).toBe(1);
  const { columns, rows } = host.asked('saveTable')[0]!.table as { columns: string[]; rows: number[][] };
  expect(columns).toEqual(['', '1', '2', '3']);
  expect(rows.map((row, place) => row[place + 1])).toEqual([1, 1, 1]);
  await userEvent.click(page.getByRole('tab', { name: 'Rewards' }));
  await userEvent.click(page.getByRole('button', { name: 'Reward scalers by verdict: export' }));
  const svg = await savedSvg();
  const [bar] = svg.querySelectorAll('rect');
  expect(bar?.getAttribute('style')).toMatch(/fill: rgb/);
});

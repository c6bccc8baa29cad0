import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Panel from '../../webview/src/Panel.svelte';
import { host } from './fake-host.js';
import { benchmarkRecord, group, hostileText, metricsLine, metricsLines, runSummary } from './fixtures.js';
import { cellColors } from './look.js';
import { render } from './render.svelte.js';

const panel = () => render<Record<string, never>>(Panel, {}, 280);
const series = (id: string) => page.getByTestId(`panel-series-${id}`);

test('the panel says that it reads, and that no run is selected', async () => {
  panel();
  await expect.element(page.getByText('Reading runs…')).toBeVisible();
  await host.noRun();
  await expect.element(page.getByText(/^Select a run to see it here/)).toBeVisible();
});

test('the panel shows a run: progress, three series, the newest group', async () => {
  const { container } = panel();
  const run = runSummary('running', { status: { step: 34, totalSteps: 200 } });
  await host.snapshot({
    run,
    metrics: metricsLines(34),
    benchmarks: [benchmarkRecord(0, 0.4), benchmarkRecord(25, 0.523)],
    groupSteps: [33, 34],
  });
  await expect.element(page.getByText('countdown', { exact: true })).toBeVisible();
  await expect.element(page.getByText('running')).toBeVisible();
  await expect.element(page.getByText('step 34 of 200')).toBeVisible();
  await expect.element(page.getByText('3:03 left')).toBeVisible();
  await expect
    .element(page.getByRole('progressbar', { name: 'Training steps' }))
    .toHaveAttribute('value', '34');
  await expect.element(series('reward')).toHaveTextContent('Reward −0.16');
  await expect.element(series('pass1')).toHaveTextContent('countdown-test pass@1 52.3 %');
  await expect.element(series('similarity')).toHaveTextContent('Mean similarity 0.332');
  await host.answerGroups(34, [group(34)]);
  await expect.element(page.getByRole('img', { name: /^Similarity of the 4 responses/ })).toBeVisible();
  const canvas = container.querySelector('canvas')!;
  await expect.poll(() => cellColors(canvas, 4)[1]).toBe('0,114,178');
  // It reaches a little into the padding of the page.
  expect(container.scrollWidth).toBeLessThanOrEqual(286);
});

test('the panel follows the run: new metrics, scores, groups and its end', async () => {
  const { container } = panel();
  await host.snapshot({ metrics: metricsLines(2), groupSteps: [2] });
  await host.answerGroups(2, [group(2)]);
  await expect.element(series('reward')).toMatchTextContent('−0.48');
  host.metrics([metricsLine(3, { reward: 0.75 })]);
  await expect.element(series('reward')).toMatchTextContent('0.75');
  await expect.poll(() => host.painted).toContain(3);
  host.benchmarks([benchmarkRecord(3, 0.61)]);
  await expect.element(series('pass1')).toMatchTextContent('61.0 %');
  host.groupSteps([3]);
  // The picture before stays until the new one is there.
  await expect.poll(() => host.groupsAsked).toContain(3);
  expect(container.querySelector('canvas')).not.toBeNull();
  await host.answerGroups(3, [group(3, 0, 4, { prompt: hostileText })]);
  await expect.element(page.getByText(hostileText)).toBeVisible();
  host.run(
    runSummary('failed', { status: { error: { message: `out of memory ${hostileText}`, hint: '' } } }),
  );
  await expect.element(page.getByText(`out of memory ${hostileText}`)).toBeVisible();
  await expect.element(page.getByRole('button', { name: 'Stop' })).not.toBeInTheDocument();
  expect(container.querySelector('img, .notice b')).toBeNull();
});

test('the buttons of the panel', async () => {
  panel();
  await host.snapshot();
  await userEvent.click(page.getByRole('button', { name: 'Open Dashboard' }));
  await userEvent.click(page.getByRole('button', { name: 'Stop' }));
  expect(host.commands).toEqual(['openDashboard', 'stop']);
  host.run(runSummary('stopping'));
  await expect.element(page.getByRole('button', { name: 'Stop' })).toHaveAttribute('disabled');
});

test('another run in the panel has nothing of the one before', async () => {
  const { container } = panel();
  await host.snapshot({ metrics: metricsLines(3), groupSteps: [3], benchmarks: [benchmarkRecord(0, 0.4)] });
  await host.answerGroups(3, [group(3)]);
  await expect.poll(() => container.querySelector('canvas')).not.toBeNull();
  await host.snapshot({ run: runSummary('starting', { id: 'other', name: 'other', status: null }) });
  await expect.element(page.getByText('other', { exact: true })).toBeVisible();
  await expect.element(series('reward')).toHaveTextContent('Reward –');
  await expect.element(series('pass1')).toHaveTextContent('pass@1 –');
  expect(container.querySelector('canvas')).toBeNull();
});

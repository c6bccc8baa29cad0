import { beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Dashboard from '../../webview/src/Dashboard.svelte';
import { host } from './fake-host.js';
import {
  benchmarkRecord,
  evaluatedProblem,
  group,
  hostileText,
  metricsLine,
  metricsLines,
  problemOverviews,
  rollout,
  runSummary,
} from './fixtures.js';
import { cellColors } from './look.js';
import { render } from './render.svelte.js';

const dashboard = () => render<Record<string, never>>(Dashboard, {}, 960).container;
const open = (tab: string) => userEvent.click(page.getByRole('tab', { name: tab }));
const scores = [benchmarkRecord(0, 0.4), benchmarkRecord(25, 0.523)];
const chart = (name: RegExp) => page.getByRole('img', { name });

test('the dashboard says that it reads, then that there is no run', async () => {
  dashboard();
  await expect.element(page.getByText('Reading the run…')).toBeVisible();
  await host.noRun();
  await expect.element(page.getByText('There is no run to show.')).toBeVisible();
});

test('what was open before is open again, and is kept', async () => {
  host.saved = { run: 'x', tab: 'rewards', smoothing: 0.9, step: 2 };
  dashboard();
  await host.snapshot({ groupSteps: [1, 2, 3] });
  await expect.element(page.getByRole('tab', { name: 'Rewards' })).toHaveAttribute('aria-selected', 'true');
  await expect.element(page.getByRole('tabpanel', { name: 'Rewards' })).toBeVisible();
  await expect
    .element(page.getByRole('slider', { name: 'Step' }))
    .toHaveAttribute('aria-valuetext', 'Step 2');
  await open('Training');
  const kept = { run: runSummary().id, tab: 'training', smoothing: 0.9, step: 2 };
  await expect.poll(() => host.saved).toEqual(kept);
});

describe('training', () => {
  test('charts grow with the metrics that arrive; a step that is written again counts once', async () => {
    dashboard();
    await host.snapshot({ metrics: metricsLines(10) });
    await expect.element(chart(/^Reward over 10 steps\. reward: first −0\.49, last −0\.4$/)).toBeVisible();
    await expect.element(chart(/^Learning rate over 10 steps/)).toBeVisible();
    host.metrics([metricsLine(11), metricsLine(12)]);
    await expect.element(chart(/^Reward over 12 steps\. .*last −0\.38$/)).toBeVisible();
    await expect.poll(() => host.painted).toContain(12);
    host.metrics([metricsLine(11, { reward: 0.5 })]);
    await expect.element(chart(/^Reward over 12 steps/)).toBeVisible();
    host.metrics([metricsLine(13, { reward: 0.9 })]);
    await expect.element(chart(/^Reward over 13 steps\. .*last 0\.9$/)).toBeVisible();
  });

  test('GPUs get charts of their own where there are any', async () => {
    dashboard();
    await host.snapshot({ metrics: metricsLines(2) });
    await expect.element(chart(/^Loss/)).toBeVisible();
    await expect.element(chart(/^GPU/)).not.toBeInTheDocument();
    host.metrics([metricsLine(3, { 'gpu/0/utilization': 0.5, 'gpu/1/utilization': 0.25 })]);
    await expect
      .element(chart(/^GPU utilization .* GPU 0: .*last 50\.0 %\. GPU 1: .*last 25\.0 %$/))
      .toBeVisible();
  });

  test('a run without steps has charts that say so', async () => {
    dashboard();
    await host.snapshot({ run: runSummary('starting', { status: null }) });
    await expect.element(page.getByText('Nothing recorded yet.').first()).toBeVisible();
    await expect.element(chart(/^Reward over 0 steps/)).toBeVisible();
  });
});

describe('geometry', () => {
  beforeEach(() => {
    host.saved = { run: 'x', tab: 'geometry' };
  });

  test('groups as thumbnails; the chosen one large, with its responses', async () => {
    dashboard();
    await host.snapshot({ metrics: metricsLines(3), groupSteps: [3] });
    await expect.element(page.getByText('Reading the groups of this step…')).toBeVisible();
    await host.answerGroups(3, [group(3, 0), group(3, 1, 6)]);
    const thumbnails = page.getByRole('option', { name: /^Group \d/ });
    await expect.element(thumbnails.nth(1)).toBeVisible();
    const large = page.getByRole('application');
    await expect.element(large).toHaveAccessibleName(/^Similarity of the 4 responses of group 1 at step 3/);
    await userEvent.click(thumbnails.nth(1));
    await expect.element(large).toHaveAccessibleName(/^Similarity of the 6 responses of group 2/);
    await expect.element(thumbnails.nth(1)).toHaveAttribute('aria-selected', 'true');
    await expect.element(page.getByRole('row', { name: /^6 3\+4\+5/ })).toBeVisible();
    const canvas = large.element().querySelector('canvas')!;
    expect(cellColors(canvas, 6)[1]).toBe('0,114,178');
  });

  test('a pair that is pointed at by keys is read out and marked in the table', async () => {
    const container = dashboard();
    await host.snapshot({ groupSteps: [3] });
    await host.answerGroups(3, [group(3, 0)]);
    await expect.element(page.getByRole('application')).toBeVisible();
    page.getByRole('application').element().focus();
    await userEvent.keyboard('{ArrowRight}');
    const readout = () => container.querySelector('.readout')?.textContent?.replace(/\s+/g, ' ').trim();
    await expect.poll(readout).toBe('S(1, 2) = −1.000 3+4+0 · 3+4+1');
    await expect.poll(() => container.querySelectorAll('tr.marked').length).toBe(2);
    await userEvent.tab();
    await expect.poll(readout).toMatch(/^mean S 0\.000 · negative pairs 50\.0 %$/);
  });

  test('a step without groups says so', async () => {
    dashboard();
    await host.snapshot({ groupSteps: [] });
    await expect.element(page.getByText('No groups yet: they appear with the first step.')).toBeVisible();
  });

  test.each(['Geometry', 'Rewards'])('%s: groups that cannot be read say why', async (tab) => {
    dashboard();
    await host.snapshot({ groupSteps: [3] });
    await userEvent.click(page.getByRole('tab', { name: tab }));
    await host.refuseGroups(3, 'groups.jsonl cannot be read (EACCES).', 'Change the permissions.');
    const reason = 'groups.jsonl cannot be read (EACCES). Change the permissions.';
    await expect.element(page.getByText(reason)).toBeVisible();
  });
});

test('rewards: scalers by verdict, and the groups without signal before and after', async () => {
  host.saved = { run: 'x', tab: 'rewards' };
  dashboard();
  await host.snapshot({ metrics: metricsLines(3), groupSteps: [3] });
  const equal = { rewards: [1, 1, 1, 1], shaped: [1.1, 0.9, 1, 1] };
  await host.answerGroups(3, [group(3, 0), group(3, 1, 4, equal)]);
  await expect.element(chart(/^Reward scalers by verdict\. correct: 6, .* wrong: 2/)).toBeVisible();
  await expect.element(page.getByTestId('no-signal-before')).toHaveTextContent('1');
  await expect.element(page.getByTestId('no-signal-after')).toHaveTextContent('0');
});

describe('benchmarks', () => {
  beforeEach(() => {
    host.saved = { run: 'x', tab: 'benchmarks' };
  });

  test('scores in a table and as charts; another run beside them', async () => {
    dashboard();
    await host.snapshot({ benchmarks: scores });
    const cell = page.getByRole('button', {
      name: /^countdown-test, best, step 25: pass@1 52\.3 %/,
    });
    await expect.element(cell).toBeVisible();
    await expect.element(cell).toHaveAccessibleDescription('Step 25: browse the problems');
    await expect
      .element(chart(/^countdown-test: accuracy over 2 steps\. pass@1: .*last 52\.3 %/))
      .toBeVisible();
    await host.answerOtherRuns([
      { id: 'other-1234', name: 'baseline', method: 'grpo', benchmarks: [benchmarkRecord(20, 0.45)] },
    ]);
    await userEvent.click(page.getByRole('combobox', { name: 'Compare with' }));
    await userEvent.click(page.getByRole('option', { name: 'baseline · grpo · 1234' }));
    await expect.element(page.getByRole('cell', { name: 'baseline grpo' })).toBeVisible();
    await expect.element(page.getByRole('cell', { name: /45\.0 % ± 2\.0.*step 20/ })).toBeVisible();
    host.benchmarks([benchmarkRecord(50, 0.7)]);
    await expect.element(page.getByRole('button', { name: /last, step 50: pass@1 70\.0 %/ })).toBeVisible();
  });

  test('one response a problem, of which all scores are the same', async () => {
    dashboard();
    await host.snapshot({
      benchmarks: [{ ...benchmarkRecord(0, 0.4), k: 1, samples: 1, temperature: null }],
    });
    await expect.element(chart(/^countdown-test: accuracy/)).toBeVisible();
  });

  test('without scores it says when there will be some', async () => {
    dashboard();
    await host.snapshot();
    await expect.element(page.getByText(/^No scores yet\./)).toBeVisible();
  });

  test('from a score to its problems and back', async () => {
    dashboard();
    await host.snapshot({ benchmarks: scores });
    await userEvent.click(page.getByRole('button', { name: /last, step 25/ }));
    await host.answerEvaluation(problemOverviews(3));
    await host.answerProblem(evaluatedProblem('algebra/0'));
    await expect.element(page.getByRole('heading', { name: 'algebra/0' })).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByTestId('benchmark-overview')).toBeVisible();
  });
});

describe('rollouts', () => {
  beforeEach(() => {
    host.saved = { run: 'x', tab: 'rollouts' };
  });

  test('texts with their verdicts, filtered and found; they stay texts', async () => {
    const container = dashboard();
    await host.snapshot({ groupSteps: [3] });
    await expect.element(page.getByText('Reading the responses of this step…')).toBeVisible();
    await host.answerRollouts(3, [rollout(3, { text: hostileText })]);
    const responses = () => container.querySelectorAll('article').length;
    const first = page.getByRole('article', { name: /#1 ✓ reaches 12$/ });
    await expect.element(first).toMatchTextContent(hostileText.slice(0, 60));
    await expect.element(page.getByRole('article', { name: /#2 ✗ does not use 5$/ })).toBeVisible();
    await expect.element(page.getByText('… cut off')).toBeVisible();
    expect(container.querySelector('img, article b')).toBeNull();
    expect(document.body.dataset.shouldRun).toBeUndefined();
    const find = page.getByRole('searchbox', { name: 'Find in responses' });
    await userEvent.fill(find, '3·4');
    await expect.poll(responses).toBe(1);
    await userEvent.fill(find, 'not in any');
    await expect.element(page.getByText('No response of this step matches.')).toBeVisible();
    await userEvent.fill(find, '');
    await userEvent.click(page.getByRole('combobox', { name: 'Show' }));
    await userEvent.click(page.getByRole('option', { name: 'cut off' }));
    await expect.poll(responses).toBe(1);
  });

  test('texts that cannot be read, that were not kept, and that come later', async () => {
    dashboard();
    await host.snapshot({ groupSteps: [3] });
    await host.refuseRollouts(3, 'EACCES: permission denied');
    await expect.element(page.getByText('EACCES: permission denied')).toBeVisible();
    host.groupSteps([4]);
    await host.answerRollouts(4, []);
    await expect.element(page.getByText(/^No texts were kept for this step/)).toBeVisible();
    host.groupSteps([5]);
    await host.answerRollouts(5, [rollout(5)], 7);
    await expect
      .element(page.getByText(/too large to be shown as a whole: 7 more groups are in/))
      .toBeVisible();
  });
});

test('configuration: the experiment and what it ran on, as text', async () => {
  host.saved = { run: 'x', tab: 'configuration' };
  dashboard();
  const run = runSummary();
  await host.snapshot({ run: { ...run, manifest: { ...run.manifest, engineReason: hostileText } } });
  await expect.element(page.getByRole('heading', { name: 'Versions' })).toBeVisible();
  await expect.element(page.getByRole('cell', { name: hostileText })).toBeVisible();
  await expect.element(page.getByRole('row', { name: /^engine embedded, CPU, 2 threads$/ })).toBeVisible();
});

test('a run whose folder was deleted stays, and says so', async () => {
  dashboard();
  await host.snapshot({ metrics: metricsLines(3) });
  await expect.element(chart(/^Reward over 3 steps/)).toBeVisible();
  host.deleted();
  await expect.element(page.getByText(/^The folder of this run was deleted/)).toBeVisible();
  await expect.element(chart(/^Reward over 3 steps/)).toBeVisible();
});

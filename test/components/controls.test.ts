import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { formatCompact } from '../../src/runs/facts/format.js';
import Choice from '../../webview/src/components/Choice.svelte';
import Formulas from '../../webview/src/components/Formulas.svelte';
import Header from '../../webview/src/components/Header.svelte';
import Spark from '../../webview/src/components/Spark.svelte';
import Tabs from '../../webview/src/components/Tabs.svelte';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import { host, type Snapshot, tell } from './fake-host.js';
import { benchmarkRecord, hostileText, runSummary } from './fixtures.js';
import { render } from './render.svelte.js';

type TabsProps = {
  tabs: readonly { id: string; label: string }[];
  active: string;
  onselect: (id: string) => void;
};

test('tabs: one of them is active, arrow keys move it and the focus, and the ends meet', async () => {
  const tabs = ['Training', 'Geometry', 'Rewards'].map((label) => ({ id: label.toLowerCase(), label }));
  const { set } = render<TabsProps>(Tabs, {
    tabs,
    active: 'training',
    onselect: (active) => set({ active }),
  });
  const tab = (name: string) => page.getByRole('tab', { name });
  await expect.element(page.getByRole('tablist')).toBeVisible();
  const isActive = async (name: string) => {
    for (const { label } of tabs) {
      await expect.element(tab(label)).toHaveAttribute('aria-selected', String(label === name));
      await expect.element(tab(label)).toHaveAttribute('tabindex', label === name ? '0' : '-1');
    }
  };
  await isActive('Training');
  await userEvent.click(tab('Geometry'));
  await isActive('Geometry');
  await userEvent.keyboard('{ArrowRight}');
  await isActive('Rewards');
  await expect.element(tab('Rewards')).toHaveFocus();
  await userEvent.keyboard('{ArrowRight}');
  await isActive('Training');
  await userEvent.keyboard('{ArrowLeft}');
  await isActive('Rewards');
  await userEvent.keyboard('{Home}');
  await isActive('Training');
  await userEvent.keyboard('{End}{ArrowDown}x');
  await isActive('Rewards');
  await expect.element(tab('Rewards')).toHaveFocus();
});

test('tabs that have no room in one row stand in several', () => {
  const tabs = Array.from({ length: 8 }, (_, index) => ({ id: `t${index}`, label: `A long label ${index}` }));
  const { container } = render<TabsProps>(Tabs, { tabs, active: 't0', onselect: () => {} }, 320);
  for (const button of container.querySelectorAll('button')) {
    expect(button.getBoundingClientRect().right).toBeLessThanOrEqual(320 + 8);
  }
});

type ChoiceProps = {
  id: string;
  label: string;
  options: readonly { value: string; label: string }[];
  value: string;
  onchoose: (value: string) => void;
};

test('a choice shows what is chosen and is made by keys and by clicks', async () => {
  const onchoose = vi.fn((value: string) => set({ value }));
  const options = ['all', 'right', 'wrong'].map((value) => ({ value, label: `${value} ones` }));
  const { set, container } = render<ChoiceProps>(Choice, {
    id: 'show',
    label: 'Show',
    options,
    value: 'right',
    onchoose,
  });
  const box = page.getByRole('combobox', { name: 'Show' });
  const shown = () =>
    container.querySelector('vscode-dropdown')!.shadowRoot!.querySelector('.selected-value');
  await expect.poll(() => shown()?.textContent?.trim()).toBe('right ones');
  await userEvent.click(box);
  await userEvent.click(page.getByRole('option', { name: 'wrong ones' }));
  expect(onchoose).toHaveBeenLastCalledWith('wrong');
  await expect.poll(() => shown()?.textContent?.trim()).toBe('wrong ones');
  await userEvent.keyboard('{ArrowUp}{ArrowUp}');
  await expect.poll(() => onchoose.mock.lastCall).toEqual(['all']);
  set({ value: 'right' });
  await expect.poll(() => shown()?.textContent?.trim()).toBe('right ones');
});

function header(snapshot: Snapshot) {
  const run = new RunState();
  tell(run, snapshot);
  return { run, ...render<{ run: RunState }>(Header, { run }, 900) };
}
const buttons = (container: Element) =>
  [...container.querySelectorAll('vscode-button')].map(
    (button) => `${button.textContent?.trim()}${button.hasAttribute('disabled') ? ' (off)' : ''}`,
  );

test.each([
  ['running', ['Stop', 'Evaluate…', 'Log', 'Folder'], 'running'],
  ['starting', ['Stop', 'Evaluate…', 'Log', 'Folder'], 'starting'],
  ['evaluating', ['Stop', 'Evaluate…', 'Log', 'Folder'], 'evaluating countdown-test 3/10'],
  ['stopping', ['Stop (off)', 'Evaluate…', 'Log', 'Folder'], 'stopping'],
  ['stopped', ['Resume', 'Evaluate…', 'Log', 'Folder'], 'stopped'],
  ['lost', ['Resume', 'Evaluate…', 'Log', 'Folder'], 'lost: its process ended without a final status'],
  ['failed', ['Resume', 'Evaluate…', 'Log', 'Folder'], 'failed'],
  ['finished', ['Evaluate…', 'Log', 'Folder'], 'finished'],
] as const)('the header of a run that is %s', async (state, expected, words) => {
  const evaluation = { benchmark: 'countdown-test', done: 3, total: 10 };
  const { container } = header({ run: runSummary(state, { status: { evaluation } }) });
  await expect.element(page.getByRole('heading', { name: 'countdown' })).toBeVisible();
  await expect.element(page.getByTestId('state')).toHaveTextContent(words);
  await expect.poll(() => buttons(container)).toEqual(expected);
});

test('what needs trust is not offered without it; Stop is', () => {
  const stopped = header({ run: runSummary('stopped'), trusted: false });
  expect(buttons(stopped.container)).toEqual(['Log', 'Folder']);
  const running = header({ run: runSummary('running', { checkpointSteps: [] }), trusted: false });
  expect(buttons(running.container)).toEqual(['Stop', 'Log', 'Folder']);
});

test('buttons are pressed by pointer and by keys, and say what to do', async () => {
  header({ run: runSummary('running') });
  await userEvent.click(page.getByRole('button', { name: 'Stop' }));
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  await userEvent.click(page.getByRole('button', { name: 'Log' }));
  await userEvent.click(page.getByRole('button', { name: 'Folder' }));
  expect(host.commands).toEqual(['stop', 'evaluate', 'showLog', 'reveal']);
});

test('progress in numbers and as a bar of that length', async () => {
  const { container } = header({ run: runSummary('running', { status: { step: 50, totalSteps: 200 } }) });
  const bar = page.getByRole('progressbar', { name: 'Training steps' });
  await expect.element(bar).toHaveAttribute('aria-valuenow', '50');
  await expect.element(bar).toHaveAttribute('aria-valuemax', '200');
  const share =
    container.querySelector('.done')!.getBoundingClientRect().width /
    bar.element().getBoundingClientRect().width;
  expect(share).toBeCloseTo(0.25, 1);
  await expect.element(page.getByText('step 50 of 200')).toBeVisible();
  await expect.element(page.getByText('1.1 s/step')).toBeVisible();
  await expect.element(page.getByText('2 min 45 s left')).toBeVisible();
});

test('a run that has not started yet has no progress', async () => {
  const { container } = header({ run: runSummary('starting', { status: null, checkpointSteps: [] }) });
  expect(container.querySelector('[role=progressbar]')).toBeNull();
  expect(buttons(container)).toEqual(['Stop', 'Log', 'Folder']);
});

test('the newest score and what was gained, in words and colours', async () => {
  const { container, run } = header({ benchmarks: [benchmarkRecord(0, 0.4), benchmarkRecord(25, 0.523)] });
  const value = (name: string) =>
    [...container.querySelectorAll('dl > div')]
      .find((entry) => entry.querySelector('dt')?.textContent === name)
      ?.querySelector('dd');
  expect(value('countdown-test pass@1')?.textContent?.trim()).toMatch(/^52\.3 %\s+\+12\.3$/);
  expect(value('countdown-test pass@1')?.querySelector('.correct')).not.toBeNull();
  tell(run, { benchmarks: [benchmarkRecord(0, 0.4), benchmarkRecord(25, 0.3)] });
  await expect.poll(() => value('countdown-test pass@1')?.textContent?.trim()).toMatch(/−10\.0$/);
  expect(value('countdown-test pass@1')?.querySelector('.wrong')).not.toBeNull();
});

test('an error with its hint, a notice and lines left out are texts, never markup', async () => {
  const error = {
    message: `CUDA out of memory ${hostileText}`,
    hint: 'Use a smaller group <script>1</script>',
  };
  const { container } = header({
    run: runSummary('failed', {
      name: hostileText,
      status: { error },
      notice: `newer ${hostileText}`,
      skippedLines: { 'metrics.jsonl': 2, 'groups.jsonl': 0 },
    }),
  });
  await expect.element(page.getByRole('heading')).toHaveTextContent(hostileText);
  await expect.element(page.getByTestId('error')).toHaveTextContent(`${error.message} ${error.hint}`);
  await expect.element(page.getByText(`newer ${hostileText}`)).toBeVisible();
  await expect.element(page.getByText(/skipped:\s+2 of metrics.jsonl\./)).toBeVisible();
  expect(container.querySelector('img, script, h1 b')).toBeNull();
  expect(document.body.dataset.shouldRun).toBeUndefined();
});

test('a long name is broken, not pushed out of sight', () => {
  const { container } = header({ run: runSummary('running', { name: 'x'.repeat(400) }) });
  expect(container.scrollWidth).toBeLessThanOrEqual(900);
});

const spark = (values: readonly (number | null)[], points = false) => {
  const props = { id: 'reward', label: 'Reward', help: '', values, format: formatCompact, color: 0, points };
  return render<typeof props>(Spark, props).container;
};

test('a small line ends at its newest value, which stands beside it', async () => {
  const container = spark([0, 0.5, 1]);
  await expect.element(page.getByRole('img', { name: 'Reward: 1' })).toBeVisible();
  const places = container.querySelector('polyline')!.getAttribute('points')!.split(' ');
  expect(places).toHaveLength(3);
  const [first, last] = [places[0]!, places[2]!].map((place) => place.split(',').map(Number));
  expect(first![0]).toBeLessThan(last![0]!);
  expect(first![1]).toBeGreaterThan(last![1]!);
});

test('a single value is seen, missing ones are left out, and nothing is nothing', () => {
  expect(spark([0.5]).querySelectorAll('circle')).toHaveLength(1);
  expect(spark([0.2, null, 0.3, 0.1], true).querySelectorAll('circle')).toHaveLength(3);
  const nothing = spark([]);
  expect(nothing.querySelectorAll('circle')).toHaveLength(0);
  expect(nothing.querySelector('b')?.textContent).toBe('–');
});

test.each([
  ['a fraction', 'So $\\frac{1}{2}$ it is', 'math mfrac'],
  ['a formula on its own line', 'Let\n$$x^2$$', 'math[display=block] msup'],
  ['what cannot be set', 'So $\\frac{1$ it is', 'code'],
])('formulas: %s', async (_, text, selector) => {
  const { container } = render<{ text: string }>(Formulas, { text });
  await expect.poll(() => container.querySelector(selector)).not.toBeNull();
});

test.each([
  hostileText,
  `$${hostileText}$`,
  '$\\href{javascript:alert(1)}{x}$ $\\htmlData{a=b}{x}$ $\\includegraphics{http://x/y.png}$',
  '$$</math><img src=x onerror="document.body.dataset.shouldRun=1">$$',
])('formulas: a text of a model brings in no markup: %s', (text) => {
  const { container } = render<{ text: string }>(Formulas, { text });
  expect(container.querySelector('img, a, b, script')).toBeNull();
  expect(document.body.dataset.shouldRun).toBeUndefined();
});

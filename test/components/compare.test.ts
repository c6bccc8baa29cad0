import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import Compare from '../../webview/src/Compare.svelte';
import { answers, type ComparisonOptions, compared, sentence } from './compare-fixtures.js';
import { host } from './fake-host.js';
import { hostileText } from './fixtures.js';
import { cellColors, inked, paleTexts } from './look.js';
import { render } from './render.svelte.js';
import { setTheme, themes } from './themes.js';

async function compare(options: ComparisonOptions = {}, saved: object = {}, width = 960) {
  host.saved = { directories: [], ...saved };
  const { container } = render<Record<string, never>>(Compare, {}, width);
  await host.compare(compared(options), answers(options));
  await expect.element(page.getByTestId('sentence').first()).toBeVisible();
  return container;
}

const legend = (name: string) =>
  page.getByTestId('legend').getByRole('button', { name: new RegExp(`^${name} n =`) });
const chart = (title: string) => page.getByRole('slider', { name: title, exact: true });
const newest = (name: string) => host.asked(name).at(-1);
const colored = (container: HTMLElement, color: string) =>
  inked(container.querySelector('.u-over')!.parentElement!.querySelector('canvas')!, color).flat().length;
const orange = '#e2953f';

test('the findings are said as they are, and texts of others are texts', async () => {
  const container = await compare();
  await expect.element(page.getByTestId('sentence')).toHaveTextContent(sentence);
  await expect.element(page.getByText('10 runs in 2 variants')).toBeVisible();
  await expect.element(page.getByText(/9 of 10 runs have finished/)).toMatchTextContent(hostileText);
  expect(container.querySelector('img, .findings b')).toBeNull();
  expect(document.body.dataset.shouldRun).toBeUndefined();
  // What is compared survives a reload of the window.
  expect(host.saved).toMatchObject({ directories: ['/studies/1'] });
});

test('a legend entry hides its variant everywhere, alone it is shown with Alt or two clicks', async () => {
  const container = await compare();
  await expect.poll(() => colored(container, orange)).toBeGreaterThan(50);
  await userEvent.click(legend('g2rl'));
  await expect.element(legend('g2rl')).toHaveAttribute('aria-pressed', 'false');
  await expect.poll(() => colored(container, orange)).toBe(0);
  await userEvent.click(legend('g2rl'));
  await expect.poll(() => colored(container, orange)).toBeGreaterThan(50);
  await userEvent.dblClick(legend('g2rl'));
  await expect.element(legend('grpo')).toHaveAttribute('aria-pressed', 'false');
  await expect.element(legend('g2rl')).toHaveAttribute('aria-pressed', 'true');
  await userEvent.dblClick(legend('g2rl'));
  await expect.element(legend('grpo')).toHaveAttribute('aria-pressed', 'true');
});

test('the chart says mean, moving average, band and how many runs there are at a place', async () => {
  await compare();
  await expect
    .element(chart('Reward'))
    .toHaveAttribute('aria-valuetext', expect.stringMatching(/grpo 0\.\d+ ≈ 0\.\d+ .* n 4 of 5/));
  // Scores are few, and no moving average is drawn over them.
  await expect
    .element(chart('math500: pass@1'))
    .toHaveAttribute('aria-valuetext', expect.stringMatching(/grpo \d+\.\d % \d/));
  (chart('Reward').element() as HTMLElement).focus();
  await userEvent.keyboard('{Home}');
  await expect
    .element(chart('Reward'))
    .toHaveAttribute('aria-valuetext', expect.stringMatching(/^step 1, grpo .* n 5/));
});

test('what is zoomed into is asked for again, and all of it is a key away', async () => {
  await compare({ steps: 4000 });
  (chart('Reward').element() as HTMLElement).focus();
  await userEvent.keyboard('{End}+');
  await expect.poll(() => newest('curves')).toMatchObject({ from: 2000.5, to: 4000 });
  await expect.element(page.getByRole('button', { name: 'Show all' })).toBeVisible();
  await userEvent.keyboard('0');
  await expect.poll(() => newest('curves')).toMatchObject({ from: null, to: null });
});

test('how curves are drawn is asked of the host and kept', async () => {
  await compare();
  await userEvent.click(page.getByRole('checkbox', { name: 'Single runs' }));
  await expect.poll(() => newest('curves')).toMatchObject({ singles: true, band: 'sd', axis: 'step' });
  await userEvent.click(page.getByRole('button', { name: 'Reward: log, logarithmic axis' }));
  expect(host.saved).toMatchObject({ singles: true, logarithmic: ['/reward'] });
  await userEvent.click(page.getByText('Charts (3 of 4)'));
  await userEvent.click(page.getByRole('checkbox', { name: 'mine' }));
  await expect.element(chart('mine')).toBeInTheDocument();
});

test('another axis, band and smoothing come from what was kept', async () => {
  await compare({}, { axis: 'tokens', band: 'interval', smoothing: 0, baseline: 'g2rl' });
  await expect.poll(() => newest('curves')).toMatchObject({ axis: 'tokens', band: 'interval', smoothing: 0 });
  await expect.poll(() => newest('report')).toEqual({ baseline: 'g2rl' });
  await expect.element(legend('g2rl')).toMatchTextContent(/baseline/);
});

test('when runs grow, only what is shown is asked for again', async () => {
  await compare();
  await expect.poll(() => host.asked('curves').length).toBe(3);
  host.grown();
  await expect.poll(() => host.asked('curves').length).toBe(6);
  expect(host.asked('problems')).toEqual([]);
});

test('a chart is asked for when it comes into sight', async () => {
  const { innerWidth: width, innerHeight: height } = window;
  await page.viewport(400, 400);
  const charts = ['math500/pass_at_1', '/reward', '/g2rl/similarity_mean', '/mine'];
  const container = await compare({}, { charts }, 400);
  await expect.poll(() => host.asked('curves').length).toBeGreaterThan(0);
  const isAsked = () => host.asked('curves').some(({ metric }) => metric === 'mine');
  expect(isAsked()).toBe(false);
  container.querySelector('[data-curve="/mine"]')!.scrollIntoView();
  await expect.poll(isAsked).toBe(true);
  await page.viewport(width, height);
});

test('scores: mean and deviation, the difference to the baseline, and the row of the paper', async () => {
  await compare({}, { tab: 'scores' });
  await expect
    .element(
      page.getByRole('row', {
        name: /^g2rl 5 66\.2 ± 0\.8 65\.2 to 67\.2 \+2\.7 \* \+1\.1 to \+4\.2 0\.008/,
      }),
    )
    .toBeVisible();
  await expect
    .element(page.getByRole('row', { name: /^paper: G2RL, Qwen3-1.7B-Base – 66\.2/ }))
    .toBeVisible();
  await userEvent.click(page.getByRole('button', { name: 'math500 scores: export as LaTeX' }));
  // What is pasted into a text is rounded as on the page, with the paper's rows; the data are whole.
  expect(newest('saveTable')).toMatchObject({
    format: 'latex',
    table: {
      columns: ['variant', 'n', 'pass@1', '95 % interval', 'difference', '95 % interval', 'p'],
      rows: expect.arrayContaining([
        ['grpo (baseline)', 5, '63.5 ± 0.8', '62.5 to 64.5', '–', '–', '–'],
        ['g2rl', 5, '66.2 ± 0.8', '65.2 to 67.2', '+2.7 *', '+1.1 to +4.2', '0.008'],
        ['paper: G2RL, Qwen3-1.7B-Base', null, '66.2', null, null, null, null],
      ]),
    },
  });
  await userEvent.click(page.getByRole('button', { name: 'math500 scores: export as CSV' }));
  expect(newest('saveTable')).toMatchObject({
    format: 'csv',
    table: {
      rows: [
        ['grpo', 5, 0.635, 0.008, 0.625, 0.645, null, null, null, null, null, null, null],
        expect.anything(),
      ],
    },
  });
});

test('flipped problems, and both responses side by side as texts', async () => {
  const container = await compare({}, { tab: 'problems' });
  await expect.element(page.getByRole('heading', { name: /^2 of 500 problems flipped/ })).toBeVisible();
  expect(newest('problems')).toEqual({ benchmark: 'math500', first: 'g2rl', second: 'grpo' });
  await userEvent.click(page.getByRole('button', { name: 'algebra/7' }));
  const [first, second] = [0, 1].map((place) => page.getByTestId('flipped-response').nth(place));
  await expect.element(first!).toMatchTextContent(/g2rl.*2 of 2 right/);
  await expect.element(first!).toMatchTextContent(/✓ correct/);
  await expect.element(second!).toMatchTextContent(/✗ wrong/);
  await expect.element(second!).toMatchTextContent(hostileText);
  expect(container.querySelector('img')).toBeNull();
  expect(container.querySelectorAll('mark').length).toBeGreaterThan(1);
});

test('the pairs of a problem of two runs side by side; a cell shows its response, another run its own', async () => {
  await compare({}, { tab: 'problems' });
  await userEvent.click(page.getByRole('button', { name: 'algebra/7' }));
  expect(newest('problem')).toMatchObject({ id: 'algebra/7', firstRun: '', secondRun: '' });
  const heatmap = page.getByTestId('problem-heatmap');
  await expect.element(heatmap).toHaveAttribute('data-m', '2');
  const canvas = heatmap.element().querySelector('canvas')!;
  // The diagonal is alike, the pair is not.
  const colors = cellColors(canvas, 2);
  expect(new Set(colors).size).toBe(2);
  // What an evaluation did not keep is said on the other side.
  await expect.element(page.getByTestId('no-heatmap')).toBeVisible();
  await expect.element(page.getByText(/1 right ones first/)).toBeVisible();
  (page.getByRole('application').element() as HTMLElement).focus();
  await userEvent.keyboard('{ArrowDown}{Enter}');
  const first = page.getByTestId('flipped-response').first();
  await expect.element(first).toMatchTextContent(/✗ wrong/);
  await userEvent.click(first.getByRole('combobox', { name: 'Run' }));
  await userEvent.click(page.getByRole('option', { name: /seed 3: g2rl 3/ }));
  await expect.poll(() => newest('problem')).toMatchObject({ firstRun: 'g2rl-3', secondRun: '' });
  // Another run begins with its own typical response.
  await expect.element(first).toMatchTextContent(/✓ correct/);
});

test('all problems are a choice away, and found by their names', async () => {
  await compare({}, { tab: 'problems' });
  await expect.element(page.getByTestId('flips').getByRole('button').first()).toBeVisible();
  await userEvent.click(page.getByRole('combobox', { name: 'Show' }));
  await userEvent.click(page.getByRole('option', { name: 'all problems' }));
  await expect.element(page.getByRole('button', { name: 'same/0', exact: true })).toBeVisible();
  await userEvent.fill(page.getByRole('searchbox', { name: 'Find a problem' }), 'same/497');
  await expect
    .element(page.getByRole('row', { name: /^same\/497 ✗ 0 of 5 100\.0 % ✗ 0 of 5/ }))
    .toBeVisible();
  await userEvent.click(page.getByRole('button', { name: 'All problems: export as CSV' }));
  expect(newest('saveTable')).toMatchObject({ table: { rows: [['same/497', 'none', 0, 5, 1, 0, 5, 1]] } });
  await userEvent.click(page.getByRole('button', { name: 'same/497' }));
  await expect.element(page.getByTestId('problem-heatmap')).toBeVisible();
});

test('settings: what a variant does not have is absent, and null is a value', async () => {
  await compare({}, { tab: 'settings' });
  await expect.element(page.getByRole('row', { name: 'method.lambda absent null' })).toBeVisible();
});

test('geometry: the distribution of S and what it does to the groups', async () => {
  await compare({}, { tab: 'geometry' });
  await expect
    .element(page.getByTestId('similarity-histogram'))
    .toHaveAttribute(
      'aria-label',
      expect.stringMatching(/grpo: mean S 0\.300, 10\.0 % of the pairs negative/),
    );
  await expect.element(page.getByRole('row', { name: /^g2rl 5 160 4,000 0\.200 15\.0 %/ })).toBeVisible();
});

test('geometry of evaluations: distributions over one another, and the figures that the variants have', async () => {
  const container = await compare({}, { tab: 'geometry' });
  await userEvent.click(page.getByRole('combobox', { name: 'Responses to' }));
  await userEvent.click(page.getByRole('option', { name: 'math500' }));
  await expect.element(page.getByTestId('evaluated-geometry')).toBeVisible();
  expect(newest('evaluatedGeometry')).toEqual({ benchmark: 'math500' });
  const plot = page.getByTestId('similarity-histogram');
  await expect
    .element(plot)
    .toHaveAttribute(
      'aria-label',
      expect.stringMatching(/g2rl: mean S 0\.064, 28\.1 % of the pairs negative/),
    );
  expect(container.querySelectorAll('[data-testid=similarity-histogram] path:not(.mean)')).toHaveLength(2);
  await expect.element(page.getByRole('row', { name: /^g2rl 5 0\.064 28\.1 % 10\.20 0\.93$/ })).toBeVisible();
  // No variant has it.
  await expect.element(page.getByText('text cosine')).not.toBeInTheDocument();
  await expect.element(page.getByText(/^Seeds without a recorded distribution: 1\./)).toBeVisible();
  await userEvent.click(legend('grpo'));
  await expect
    .poll(() => container.querySelectorAll('[data-testid=similarity-histogram] path.mean').length)
    .toBe(1);
});

test('a chart is exported as it is seen, its numbers by the host', async () => {
  await compare();
  await expect.poll(() => host.asked('curves').length).toBeGreaterThan(0);
  await userEvent.click(page.getByRole('button', { name: 'Reward: export as SVG' }));
  await expect.poll(() => newest('savePicture')).toMatchObject({ name: 'Reward', format: 'svg' });
  const svg = atob(String(newest('savePicture')?.data));
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
  expect(parsed.querySelector('parsererror')).toBeNull();
  expect(parsed.documentElement.textContent).toMatch(/Reward.*grpo \(n = 5\), baseline.*g2rl \(n = 5\)/);
  expect(parsed.querySelectorAll('polyline').length).toBe(2);
  await userEvent.click(page.getByRole('button', { name: 'Reward: export as PNG' }));
  await expect
    .poll(() => newest('savePicture'))
    .toMatchObject({ format: 'png', data: expect.stringMatching(/^iVBOR/) });
  await userEvent.click(page.getByRole('button', { name: 'Reward: export as CSV' }));
  await expect.poll(() => newest('saveCurves')).toMatchObject({ metric: 'reward', name: 'Reward' });
});

test.for(Object.keys(themes) as (keyof typeof themes)[])('texts can be read in %s', async (name) => {
  await setTheme(name);
  const container = await compare({}, { tab: 'scores' });
  await expect.element(page.getByTestId('score-table')).toBeVisible();
  expect(paleTexts(container)).toEqual([]);
});

test.for([[320], [960]] as const)('nothing is wider than a page of %i pixels', async ([width]) => {
  const container = await compare({ names: ['grpo', 'g2rl with a rather long name=0.0002', 'c'] }, {}, width);
  await expect.poll(() => host.asked('curves').length).toBeGreaterThan(0);
  const wide = [...container.querySelectorAll('main *')].filter(
    (element) =>
      element.getBoundingClientRect().right > container.getBoundingClientRect().right + 0.5 &&
      !element.closest('.values'),
  );
  expect(wide.map(({ outerHTML }) => outerHTML.slice(0, 120))).toEqual([]);
});

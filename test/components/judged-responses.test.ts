/** What a judge read, marked where it stands; why; and who judged. */
import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { judge } from '../../src/answers/index.js';
import Compare from '../../webview/src/Compare.svelte';
import ProblemBrowser from '../../webview/src/components/ProblemBrowser.svelte';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import { Selection } from '../../webview/src/lib/selection.svelte.js';
import Benchmarks from '../../webview/src/tabs/Benchmarks.svelte';
import Rollouts from '../../webview/src/tabs/Rollouts.svelte';
import { answers, compared } from './compare-fixtures.js';
import { host } from './fake-host.js';
import {
  benchmarkRecord,
  evaluatedProblem,
  hostileText,
  problemOverviews,
  rollout,
  runSummary,
} from './fixtures.js';
import { paleTexts } from './look.js';
import { render } from './render.svelte.js';
import { setTheme, themeNames } from './themes.js';

/** As an evaluation keeps it. */
function judged(gold: string, text: string) {
  const { accepted, read, reason, why } = judge(gold, text);
  return {
    text,
    answer: read?.text ?? null,
    class: 0,
    correct: accepted,
    reason,
    ...(read && { read: { start: read.start, end: read.end, rule: read.rule } }),
    why,
    tokens: 12,
    finished: true,
  };
}

async function browse(texts: readonly string[], gold = '5') {
  const run = new RunState();
  run.start();
  const rendered = render(ProblemBrowser, { run, step: 25, benchmark: 'math500', onclose: () => {} }, 960);
  const responses = texts.map((text) => judged(gold, text));
  await host.answerEvaluation(problemOverviews(1));
  await host.answerProblem(evaluatedProblem('algebra/0', { gold, responses, n: texts.length }));
  await expect.element(page.getByTestId('response').first()).toBeVisible();
  return rendered.container;
}
const marks = (within: ParentNode = document) =>
  [...within.querySelectorAll('.read')].map((mark) => mark.textContent);
const isInSight = (inner: Element, outer: Element) => {
  const [a, b] = [inner.getBoundingClientRect(), outer.getBoundingClientRect()];
  return a.top >= b.top && a.bottom <= b.bottom && a.height > 0;
};

test('what was read is marked in words and in formulas, and why stands above it', async () => {
  const container = await browse([
    `So the answer is 5. ${hostileText}`,
    'It is $\\boxed{\\frac{10}{2}}$.',
    '\\[\n  x = \\boxed{7}\n\\]',
    'The answer is $5$ cm.',
    '𝛼\u202e\u0007\r\nAnswer: 5',
  ]);
  await expect.poll(() => container.querySelectorAll('math').length).toBeGreaterThan(2);
  await expect.poll(() => container.querySelectorAll('mstyle.read').length).toBe(2);
  const texts = page
    .getByTestId('response')
    .elements()
    .map((one) => marks(one));
  expect([texts[0], texts[2], texts[4]]).toEqual([['5'], ['7'], ['5']]);
  // The fraction is set, not written.
  expect(container.querySelector('mstyle.read mfrac')).not.toBeNull();
  expect(container.querySelector('[mathcolor]')).toBeNull();
  expect(texts[3]![0]).toContain('cm');
  const [why] = page.getByTestId('why').elements();
  expect(why!.textContent).toBe('Read “5” where the answer is announced: it is the gold answer “5”.');
  expect(container.querySelector('mark.read')!.getAttribute('title')).toBe(
    'read where the answer is announced',
  );
  expect(container.querySelector('img, article b')).toBeNull();
});

test('boxes that are one answer, and what cannot be set, are marked as they are written', async () => {
  const container = await browse(
    ['So $\\boxed{2}$ and $\\boxed{3}$.', 'Thus $\\boxed{2} \\text{ and } \\boxed{3}$.'],
    '2, 3',
  );
  await expect.poll(() => marks(container).length).toBeGreaterThan(1);
  expect(container.querySelector('[mathcolor]')).toBeNull();
});

test('in a long response the part around it is shown, though the rest is folded', async () => {
  const text = `${'word '.repeat(800)}\n#### 5\n\n${'more '.repeat(4)}${'. '.repeat(900)}`;
  const container = await browse([text]);
  expect(marks(container)).toEqual(['5']);
  const shown = container.querySelector('[data-testid=response]')!;
  expect(shown.textContent.length).toBeLessThan(3000);
  await userEvent.click(page.getByTestId('show-all'));
  await expect.poll(() => shown.textContent.length).toBeGreaterThan(5000);
  expect(marks(container)).toEqual(['5']);
});

test('an evaluation without it is shown as before', async () => {
  const run = new RunState();
  run.start();
  const props = { run, step: 25, benchmark: 'math500', onclose: () => {} };
  const { container } = render(ProblemBrowser, props, 960);
  await host.answerEvaluation(problemOverviews(1));
  await host.answerProblem(evaluatedProblem('algebra/0'));
  await expect.element(page.getByTestId('response').first()).toMatchTextContent('✓ correct equal');
  expect(marks(container)).toEqual([]);
  expect(container.querySelector('[data-testid=why]')).toBeNull();
});

test('a response is taken to the playground, with its choices', async () => {
  await browse(['It is \\boxed{5}.']);
  await userEvent.click(page.getByRole('button', { name: 'Try the Judge' }));
  expect(host.triedPairs).toEqual([
    { gold: '5', response: 'It is \\boxed{5}.', kind: 'math', choices: [], prompt: '' },
  ]);
});

test('rollouts show the whole sentence, and are taken to the playground with their prompt', async () => {
  const run = new RunState();
  run.start();
  const problems = runSummary();
  problems.manifest.experiment.task.name = 'problems';
  await host.snapshot({ groupSteps: [3], run: problems });
  const { why } = judged(
    '\\frac{2}{3}',
    `So ${'x + '.repeat(30)}1 = \\boxed{\\frac{4}{6} + \\sqrt{${'y'.repeat(60)}}}`,
  );
  render(Rollouts, { run, selection: new Selection(run, null) }, 360);
  await host.answerRollouts(3, [rollout(3, { reason: why })]);
  const first = page.getByTestId('response').first();
  await expect.element(first).toMatchTextContent(why);
  const sentence = first.element().querySelector('.why')!;
  expect(sentence.scrollHeight).toBeLessThanOrEqual(sentence.clientHeight + 1);
  await userEvent.click(page.getByRole('button', { name: 'Try the Judge' }).first());
  expect(host.triedPairs).toMatchObject([{ gold: '', response: '3+4+5', prompt: '3 4 5 → 12' }]);
});

test('rollouts of Countdown have nothing to try', async () => {
  const run = new RunState();
  run.start();
  await host.snapshot({ groupSteps: [3] });
  render(Rollouts, { run, selection: new Selection(run, null) }, 960);
  await host.answerRollouts(3, [rollout(3)]);
  await expect.element(page.getByTestId('response').first()).toBeVisible();
  await expect.element(page.getByRole('button', { name: 'Try the Judge' })).not.toBeInTheDocument();
});

test('both responses of a flipped problem have their marks, in sight', async () => {
  host.saved = { tab: 'problems', directories: [] };
  const container = render<Record<string, never>>(Compare, {}, 1100).container;
  const sideOf = (run: string, text: string) => ({
    id: `${run}-1`,
    run,
    seed: 1,
    problem: evaluatedProblem('algebra/7', { gold: '5', n: 1, correct: 1, responses: [judged('5', text)] }),
  });
  const long = `${'some words of it\n'.repeat(200)}`;
  await host.compare(compared(), {
    ...answers(),
    problem: () => ({
      first: sideOf('g2rl', `${long}So it is \\boxed{5}.\n${long}`),
      second: sideOf('grpo', `${long}So it is \\boxed{6}.`),
    }),
  });
  await userEvent.click(page.getByRole('button', { name: 'algebra/7' }));
  await expect.poll(() => marks(container)).toEqual(['5', '6']);
  for (const mark of container.querySelectorAll('.read')) {
    expect(isInSight(mark, mark.closest('.text')!)).toBe(true);
  }
  // What differs is marked within it, too.
  expect(container.querySelector('.read .differs')?.textContent).toBe('5');
  await expect.element(page.getByTestId('why').nth(1)).toMatchTextContent('the two are not the same');
});

test.each(themeNames)('marks can be read and do not rest on their colour: %s', async (theme) => {
  await setTheme(theme);
  const container = await browse(['So the answer is 5.', 'So $\\boxed{6}$.']);
  await expect.poll(() => container.querySelectorAll('mstyle.read').length).toBe(1);
  expect(paleTexts(container)).toEqual([]);
  for (const mark of container.querySelectorAll('.read')) {
    expect(getComputedStyle(mark).outlineStyle).toBe('solid');
  }
});

const records = [
  { ...benchmarkRecord(0, 0.3, 'math500'), judge: { name: 'g2rl', version: 1 }, samples_file: 'a.jsonl' },
  { ...benchmarkRecord(25, 0.4, 'math500'), judge: { name: 'g2rl', version: 2 }, samples_file: 'b.jsonl' },
  { ...benchmarkRecord(0, 0.3), samples_file: 'c.jsonl' },
  { ...benchmarkRecord(25, 0.3, 'aime24'), judge: { name: 'g2rl', version: 1 } },
];

async function scores(benchmarks = records, trusted = true) {
  host.answerAll({ judge: () => ({ name: 'g2rl', version: 2 }), otherRuns: () => [] });
  const run = new RunState();
  run.start();
  await host.snapshot({ benchmarks, trusted });
  return render(Benchmarks, { run }, 960).container;
}

test('scores say who judged; those of an older judge can be judged again', async () => {
  await scores();
  await expect.element(page.getByText(/Judged by g2rl 1 \(step 0\); g2rl 2 \(step 25\)\./)).toBeVisible();
  const notice = page.getByTestId('judged-again');
  await expect.element(notice).toMatchTextContent(/g2rl 2 may judge some of the responses differently/);
  await expect.element(notice).toMatchTextContent('math500, step 0.');
  expect(notice.element().textContent).not.toContain('countdown');
  await expect.element(notice).toMatchTextContent(/Of 1 of them the responses were not kept/);
  await userEvent.click(page.getByRole('button', { name: 'Judge Again…' }));
  expect(host.commands).toEqual(['rejudge']);
});

test('scores of this judge and of Countdown say nothing of it', async () => {
  const container = await scores([records[1]!, records[2]!]);
  await expect.element(page.getByText(/Judged by g2rl 2\./)).toBeVisible();
  expect(container.querySelector('[data-testid=judged-again]')).toBeNull();
});

test('in Restricted Mode nothing is judged again', async () => {
  await scores(records, false);
  await expect.element(page.getByTestId('rejudge')).toHaveAttribute('disabled');
});

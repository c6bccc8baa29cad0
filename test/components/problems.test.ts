import { expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { ProblemOverview } from '../../src/runs/facts/run-summary.js';
import ProblemBrowser from '../../webview/src/components/ProblemBrowser.svelte';
import ProblemList from '../../webview/src/components/ProblemList.svelte';
import { RunState } from '../../webview/src/lib/run.svelte.js';
import { host } from './fake-host.js';
import { evaluatedProblem, hostileText, problemOverviews } from './fixtures.js';
import { render } from './render.svelte.js';

type ListProps = {
  problems: readonly ProblemOverview[];
  selected: string | null;
  onselect: (id: string) => void;
};
const many = problemOverviews(12_000);

function list(problems: readonly ProblemOverview[], selected: string | null = null) {
  const props: ListProps = { problems, selected, onselect: (id) => rendered.set({ selected: id }) };
  // The head of the columns is one row high, the border two pixels.
  const rendered = render<ListProps>(ProblemList, props, 300, 390 + 26 + 2);
  const box = rendered.container.querySelector<HTMLElement>('[role=listbox]')!;
  return { ...rendered, box, rows: () => [...rendered.container.querySelectorAll<HTMLElement>('.row')] };
}
const option = (name: RegExp) => page.getByRole('option', { name });
/** Whether a row is within what the list shows. */
function isInSight(row: Element, box: Element): boolean {
  const [inner, outer] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
  return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
}

test('of 12,000 problems only those on the screen exist, wherever it is scrolled to', async () => {
  const { rows, box } = list(many);
  await expect.poll(() => rows().length).toBeLessThan(40);
  expect(rows()[0]!.textContent).toContain('algebra/0');
  expect(box.scrollHeight).toBeGreaterThan(12_000 * 20);
  for (const share of [0.5, 1, 0]) {
    box.scrollTop = share * (box.scrollHeight - box.clientHeight);
    const first = Math.ceil(box.scrollTop / 26);
    await expect
      .poll(() => rows().some((row) => row.ariaPosInSet === String(first + 1) && isInSight(row, box)))
      .toBe(true);
    expect(rows().length).toBeLessThan(40);
    expect(rows()[0]!.ariaSetSize).toBe('12000');
  }
  // They stand one below the other without gaps.
  const tops = rows().map((row) => row.getBoundingClientRect().top);
  expect(tops.slice(1).map((top, index) => Math.round(top - tops[index]!))).toEqual(
    tops.slice(1).map(() => 26),
  );
});

test('keys move through the list, and what is selected stays in sight', async () => {
  const { box, rows, container } = list(many, 'algebra/0');
  await userEvent.tab();
  await expect.element(page.getByRole('listbox', { name: 'Problems' })).toHaveFocus();
  const selected = () => rows().filter((row) => row.ariaSelected === 'true');
  for (const [key, id] of [
    ['{ArrowDown}', 'algebra/1'],
    ['{ArrowUp}{ArrowUp}', 'algebra/0'],
    ['{End}', 'algebra/11999'],
    ['{PageUp}', 'algebra/11985'],
    ['{Home}', 'algebra/0'],
  ] as const) {
    await userEvent.keyboard(key);
    await expect.poll(() => selected().map((row) => row.querySelector('.id')?.textContent)).toEqual([id]);
    await expect.poll(() => isInSight(selected()[0]!, box)).toBe(true);
    expect(container.querySelector(`#${box.getAttribute('aria-activedescendant')}`)).toBe(selected()[0]);
  }
});

test('the list does not name a row that does not exist while the selected one is out of sight', async () => {
  const { box, rows } = list(many, 'algebra/0');
  box.scrollTop = 100_000;
  await expect.poll(() => Number(rows()[0]?.ariaPosInSet)).toBeGreaterThan(3000);
  expect(box.hasAttribute('aria-activedescendant')).toBe(false);
});

test('a problem is a row with its share in words, and is selected by a click', async () => {
  const { rows } = list(problemOverviews(5));
  await userEvent.click(option(/algebra\/2/));
  await expect.element(option(/algebra\/2/)).toHaveAttribute('aria-selected', 'true');
  await expect
    .element(option(/^✗ algebra\/0 0\/4 1 0\.0 % correct, 1 different answers$/))
    .toBeInTheDocument();
  expect(rows()).toHaveLength(5);
});

function browser() {
  const run = new RunState();
  run.start();
  const onclose = vi.fn();
  const props = { run, step: 25, benchmark: 'math', onclose };
  return { onclose, ...render<typeof props>(ProblemBrowser, props, 960) };
}
const count = () => page.getByTestId('problem-count');

test('problems are read, filtered and found; the first one is opened', async () => {
  const { container } = browser();
  await expect.element(page.getByText('Reading the responses…')).toBeVisible();
  await host.answerEvaluation(problemOverviews(1000));
  await expect.element(count()).toHaveTextContent('1,000 of 1,000 problems');
  await expect.element(page.getByText('Reading the problem…')).toBeVisible();
  await host.answerProblem(evaluatedProblem('algebra/0'));
  await expect.element(page.getByRole('heading', { name: 'algebra/0' })).toBeVisible();
  await expect.poll(() => container.querySelectorAll('math').length).toBe(3);

  await userEvent.fill(page.getByRole('searchbox', { name: 'Find in problems and responses' }), 'ALGEBRA/99');
  await expect.element(count()).toHaveTextContent('11 of 1,000 problems');
  await host.answerProblem(evaluatedProblem('algebra/99'));
  await expect.element(page.getByRole('heading', { name: 'algebra/99' })).toBeVisible();
  await userEvent.fill(
    page.getByRole('searchbox', { name: 'Find in problems and responses' }),
    'nothing like it',
  );
  await expect.element(page.getByText('No problem matches.')).toBeVisible();
  await userEvent.fill(page.getByRole('searchbox', { name: 'Find in problems and responses' }), '');
  await userEvent.click(page.getByRole('combobox', { name: 'Show' }));
  await userEvent.click(page.getByRole('option', { name: 'wrong', exact: true }));
  await expect.element(count()).toHaveTextContent('400 of 1,000 problems');
});

test('a long response is folded, a wrong one says why, and what a model wrote stays text', async () => {
  const { container } = browser();
  await host.answerEvaluation(problemOverviews(1));
  const known = evaluatedProblem('algebra/0');
  const responses = [{ ...known.responses[0]!, text: hostileText, answer: hostileText }, known.responses[1]!];
  const problem = `Is ${hostileText} so?`;
  await host.answerProblem({ ...known, problem, choices: [hostileText, '$2$'], responses });
  const [right, wrong] = [page.getByTestId('response').nth(0), page.getByTestId('response').nth(1)];
  await expect.element(right).toMatchTextContent('✓ correct');
  await expect.element(right).toMatchTextContent(hostileText.slice(0, 60));
  await expect.element(wrong).toMatchTextContent(/✗ wrong no answer no answer 500 tokens cut off/);
  expect(wrong.element().textContent.length).toBeLessThan(900);
  await userEvent.click(page.getByRole('button', { name: /^… 1,\d\d\d more characters · show all$/ }));
  await expect.poll(() => wrong.element().textContent.length).toBeGreaterThan(2400);
  expect(container.querySelectorAll('ol li')).toHaveLength(2);
  expect(container.querySelector('img, article b')).toBeNull();
  expect(document.body.dataset.shouldRun).toBeUndefined();
});

test('an evaluation that cannot be read says why; the way back is by button and by Escape', async () => {
  const { onclose } = browser();
  await expect.element(page.getByRole('button', { name: '← Scores' })).toHaveFocus();
  await host.refuseEvaluation('The responses of this evaluation were not kept.');
  await expect.element(page.getByText('The responses of this evaluation were not kept.')).toBeVisible();
  await userEvent.keyboard('{Escape}');
  await userEvent.click(page.getByRole('button', { name: '← Scores' }));
  expect(onclose).toHaveBeenCalledTimes(2);
});

test('problems are found by their texts, too, part by part', async () => {
  browser();
  await host.answerEvaluation(problemOverviews(1000));
  const find = page.getByRole('searchbox', { name: 'Find in problems and responses' });
  await userEvent.fill(find, 'a train');
  await expect.element(count()).toHaveTextContent('0 of 1,000 problems');
  await host.answerProblemSearch('a train', ['algebra/7', 'algebra/700'], 800);
  await expect.element(count()).toHaveTextContent('2 of 1,000 problems');
  await expect.element(page.getByText(/^searching … 800/)).toBeVisible();
  await host.answerProblemSearch('a train', ['algebra/900']);
  await expect.element(count()).toHaveTextContent('3 of 1,000 problems');
  await host.answerProblem(evaluatedProblem('algebra/7', { problem: 'A train leaves.' }));
  await expect
    .poll(() => [...document.querySelectorAll('mark')].map((mark) => mark.textContent))
    .toEqual(['A train']);
  // Escape clears what was typed; it does not leave.
  find.element().focus();
  await userEvent.keyboard('{Escape}');
  await expect.element(count()).toHaveTextContent('1,000 of 1,000 problems');
});

test('columns have names, a verdict is not said twice, and an answer in words keeps its blanks', async () => {
  const { container } = browser();
  await host.answerEvaluation([{ ...problemOverviews(1)[0]!, id: 'a\u202eb' }]);
  await expect.element(page.getByTestId('problem-row')).toMatchTextContent(/a\[U\+202E\]b/);
  expect(container.querySelector('.head')?.textContent.replace(/\s+/g, ' ').trim()).toBe(
    'Problemcorrectanswers',
  );
  const known = evaluatedProblem('a\u202eb', { gold: 'East of the river' });
  const [response] = known.responses;
  await host.answerProblem({ ...known, responses: [{ ...response!, reason: 'correct', text: 'x\u2067y' }] });
  await expect.element(page.getByTestId('gold')).toHaveTextContent('East of the river');
  expect(page.getByTestId('gold').element().querySelector('math')).toBeNull();
  await expect.element(page.getByTestId('response')).toMatchTextContent(/^✓ correct 1\/2 12 tokens/);
  await expect.element(page.getByTestId('response')).toMatchTextContent('x[U+2067]y');
});

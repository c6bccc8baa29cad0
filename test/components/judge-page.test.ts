import { expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { JUDGE, judgeInFull } from '../../src/answers/index.js';
import type { JudgedPair } from '../../src/contract/judge-messages.js';
import Judge from '../../webview/src/Judge.svelte';
import { host } from './fake-host.js';
import { hostileText } from './fixtures.js';
import { paleTexts } from './look.js';
import { render } from './render.svelte.js';
import { setTheme } from './themes.js';

/** The judge itself, as the host has it. */
const answers = {
  judge: ({ gold, response, kind, choices, prompt }: JudgedPair) => ({
    ...judgeInFull(gold, response, kind, { prompt, ...(choices.length > 0 && { choices }) }),
    judge: JUDGE,
  }),
};

function open(width = 1100) {
  host.answerAll(answers);
  return render<Record<string, never>>(Judge, {}, width).container;
}
const verdict = () => page.getByTestId('verdict');
const mark = () => document.querySelector('[data-testid=marked-response] mark')?.textContent;
const pairOf = (change: Partial<JudgedPair>): JudgedPair => ({
  gold: '5',
  response: '\\boxed{5}',
  kind: 'math',
  choices: [],
  prompt: '',
  ...change,
});

test('an example at first; the verdict follows what is typed', async () => {
  open();
  await expect.element(verdict()).toHaveTextContent('✓ accepted');
  expect(mark()).toBe('0.5');
  await userEvent.fill(
    page.getByRole('textbox', { name: 'Response' }),
    'It is \\boxed{3}, or \\boxed{0.25}.',
  );
  await expect.element(verdict()).toHaveTextContent('✗ not accepted');
  await expect
    .element(page.getByTestId('why'))
    .toMatchTextContent(/^Read “.+0\.25.*”.*gold answer is “\\frac\{1\}\{2\}”/);
  await userEvent.fill(page.getByRole('textbox', { name: 'Gold answer' }), '1/4');
  await userEvent.fill(page.getByRole('textbox', { name: 'Response' }), 'The answer is 25%.');
  await expect.poll(mark).toBe('25%');
  await expect
    .element(page.getByTestId('read-answer'))
    .toMatchTextContent('read where the answer is announced');
  await userEvent.fill(page.getByRole('textbox', { name: 'Gold answer' }), '');
  await expect.element(verdict()).toHaveTextContent('Type the gold answer.');
});

test('examples are chosen, and choices are written one a line', async () => {
  open();
  await userEvent.click(page.getByRole('button', { name: 'several boxes' }));
  await expect.element(verdict()).toHaveTextContent('✗ not accepted');
  expect(mark()).toBe('8');
  await userEvent.click(page.getByRole('button', { name: 'the text of a choice' }));
  await expect.element(verdict()).toHaveTextContent('✓ accepted');
  const choices = page.getByRole('textbox', { name: /choices/ });
  await expect.element(choices).toHaveValue('Rome\nParis\nAthens\nVienna');
  await userEvent.fill(choices, 'Paris\nRome\nAthens');
  await expect.element(verdict()).toHaveTextContent('✗ not accepted');
});

test('a response of a run is filled in; without its gold answer that is what is typed next', async () => {
  open();
  await host.tried(pairOf({ gold: '', response: 'So \\boxed{7}.', prompt: 'Think.<think>' }));
  await expect.element(page.getByRole('textbox', { name: 'Gold answer' })).toHaveFocus();
  await expect.element(verdict()).toHaveTextContent('Type the gold answer.');
  await expect.element(page.getByRole('textbox', { name: 'Prompt' })).toHaveValue('Think.<think>');
  await userEvent.keyboard('7');
  // The prompt has begun thoughts that do not end: there is no answer.
  await expect.element(verdict()).toHaveTextContent('✗ not accepted');
  await expect.element(page.getByTestId('why')).toHaveTextContent('The response gives no answer.');
  await userEvent.fill(page.getByRole('textbox', { name: 'Prompt' }), '');
  await expect.element(verdict()).toHaveTextContent('✓ accepted');
});

test('what was written is there again after a reload', async () => {
  host.saved = { pair: pairOf({ response: 'Answer: 6' }) };
  open();
  await expect.element(verdict()).toHaveTextContent('✗ not accepted');
  await userEvent.fill(page.getByRole('textbox', { name: 'Response' }), 'Answer: 5');
  await expect.element(verdict()).toHaveTextContent('✓ accepted');
  expect(host.saved).toEqual({ pair: pairOf({ response: 'Answer: 5' }) });
});

test('controls are written out and the mark stays right; what is written stays text', async () => {
  const container = open();
  const response = `𝛼\u202e\u0007 ${hostileText}\r\n\\boxed{5}`;
  await host.tried(pairOf({ response }));
  await expect.poll(mark).toBe('5');
  const shown = page.getByTestId('marked-response').element().textContent;
  expect(shown).toContain('𝛼[U+202E]␇ <img');
  expect(shown).toContain('\n\\boxed{5}');
  expect(container.querySelector('img')).toBeNull();
  expect(document.body.dataset.shouldRun).toBeUndefined();
});

test('the place in a long response is scrolled to; a text that is too long is not judged', async () => {
  open();
  await host.tried(pairOf({ response: `${'line\n'.repeat(500)}\\boxed{5}\n${'end\n'.repeat(500)}` }));
  await expect.poll(mark).toBe('5');
  const box = page.getByTestId('marked-response').element();
  const [outer, inner] = [box, box.querySelector('mark')!].map((one) => one.getBoundingClientRect());
  expect(inner!.top).toBeGreaterThanOrEqual(outer!.top);
  expect(inner!.bottom).toBeLessThanOrEqual(outer!.bottom);
  await host.tried(pairOf({ gold: 'x'.repeat(20_001) }));
  await expect.element(page.getByRole('alert')).toMatchTextContent('Too long');
});

test.each(['dark', 'light', 'high contrast', 'high contrast light'] as const)(
  'can be read in %s',
  async (theme) => {
    await setTheme(theme);
    const container = open();
    await expect.element(verdict()).toHaveTextContent('✓ accepted');
    await expect.poll(() => container.querySelectorAll('math').length).toBeGreaterThan(0);
    expect(paleTexts(container)).toEqual([]);
    const style = getComputedStyle(container.querySelector('mark.read')!);
    // Not by its colour alone.
    expect(style.outlineStyle).toBe('solid');
    expect(style.textDecorationLine).toBe('underline');
  },
);

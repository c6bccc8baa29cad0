/**
 * Countdown: given two to four numbers and a target, write an expression with + − * / and parentheses that
 * uses **every given number exactly once** and equals the target. Fractions on the way are allowed.
 */
import { canonicalForm } from './canonical.js';
import { evaluate, leaves, parseExpression } from './expression.js';
import { formatRational } from './rational.js';
import type { Prompt, Verdict } from './types.js';

/** `3,7,12=27:`. The colon marks where the policy's answer begins. */
const promptText = (numbers: readonly number[], target: number): string => `${numbers.join(',')}=${target}:`;

/** The problem's name: its numbers in ascending order and its target. */
export const promptId = (numbers: readonly number[], target: number): string =>
  `${numbers.toSorted((a, b) => a - b).join('-')}-to-${target}`;

/** A prompt that shows the numbers in the given order. */
export function countdownPrompt(numbers: readonly number[], target: number): Prompt {
  return { id: promptId(numbers, target), text: promptText(numbers, target), numbers: [...numbers], target };
}

const wrong = (answer: string, reason: string): Verdict => ({ correct: false, reward: -1, answer, reason });

/** Why the used numbers are not exactly the given ones, or null when they are. */
function numbersProblem(given: readonly number[], used: readonly number[]): string | null {
  const count = (list: readonly number[], number: number) => list.filter((other) => other === number).length;
  for (const number of used) {
    const allowed = count(given, number);
    if (allowed === 0) return `${number} is not one of the numbers`;
    const found = count(used, number);
    if (found > allowed) return `uses ${number} ${found} times, it is given ${allowed} times`;
  }
  const unused = given.find((number) => count(used, number) < count(given, number));
  return unused === undefined ? null : `does not use ${unused} as often as it is given`;
}

/**
 * Checks a response by parsing it and computing with exact fractions.
 *
 * @param response the text after the prompt, without special tokens; anything at all is allowed
 */
export function verifyCountdown(prompt: Prompt, response: string): Verdict {
  const result = parseExpression(response);
  if ('error' in result) return wrong('', `not an expression: ${result.error}`);
  const { expression } = result;
  const value = evaluate(expression);
  // Without a value there is no answer; and a/(b/0) would share its canonical form with a*0/b, which has one.
  const answer = value === 'undefined' ? '' : canonicalForm(expression);
  const problem = numbersProblem(prompt.numbers, leaves(expression));
  if (problem !== null) return wrong(answer, problem);
  if (value === 'undefined') return wrong(answer, 'divides by zero');
  if (value === 'large') return wrong(answer, 'is too large to compute exactly');
  if (value.denominator !== 1 || value.numerator !== prompt.target) {
    return wrong(answer, `equals ${formatRational(value)}, not ${prompt.target}`);
  }
  return { correct: true, reward: 1, answer, reason: 'correct' };
}

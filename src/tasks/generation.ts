/**
 * Drawing Countdown problems together with a solution. A problem is made backwards: random numbers are
 * combined into a random expression, and its value is the target. So every problem can be solved, without
 * any search.
 *
 * Distribution: a number count, each equally likely; that many numbers, uniform on 1 … maxNumber; then, until
 * one value is left, two random values (in random order) are joined by a random one of + − * /. Expressions
 * whose value is not an integer from 1 to maxTarget are drawn again, numbers included, which favors + and
 * small targets. Last, the numbers are shuffled, so that their order reveals nothing about the solution.
 */

import type { CounterRandom } from '../random.js';
import { countdownPrompt } from './countdown.js';
import type { Expression } from './expression.js';
import { apply, integer, isInteger, operators, type Rational } from './rational.js';
import { splitOf } from './split.js';
import type { CountdownSettings, Prompt, Split } from './types.js';

export interface SolvedPrompt {
  prompt: Prompt;
  solution: Expression;
}

/** Attempts after which settings are taken to leave no problems. Usual settings need about ten. */
const maxAttempts = 100_000;

interface Valued {
  expression: Expression;
  value: Rational;
}

/** A random expression over all the numbers and its value; null where it divides by zero. */
export function randomExpression(numbers: readonly number[], random: CounterRandom): Valued | null {
  const pool: Valued[] = numbers.map((value) => ({
    expression: { kind: 'number', value },
    value: integer(value),
  }));
  while (pool.length > 1) {
    const left = pool.splice(random.below(pool.length), 1)[0]!;
    const right = pool.splice(random.below(pool.length), 1)[0]!;
    const operator = random.pick(operators);
    const value = apply(operator, left.value, right.value);
    if (value === null) return null;
    pool.push({
      expression: { kind: 'operation', operator, left: left.expression, right: right.expression },
      value,
    });
  }
  return pool[0] ?? null;
}

function attempt(settings: CountdownSettings, random: CounterRandom): SolvedPrompt | null {
  const count = random.pick(settings.numberCounts);
  const numbers = Array.from({ length: count }, () => 1 + random.below(settings.maxNumber));
  const solved = randomExpression(numbers, random);
  if (solved === null || !isInteger(solved.value)) return null;
  const target = solved.value.numerator;
  if (target < 1 || target > settings.maxTarget) return null;
  return { prompt: countdownPrompt(random.shuffle(numbers), target), solution: solved.expression };
}

/**
 * The next problem of a split.
 *
 * @throws Error when the settings leave (almost) no problems in the split
 */
export function drawPrompt(settings: CountdownSettings, split: Split, random: CounterRandom): SolvedPrompt {
  for (let tries = 0; tries < maxAttempts; tries++) {
    const solved = attempt(settings, random);
    if (solved !== null && splitOf(solved.prompt.numbers, solved.prompt.target) === split) return solved;
  }
  throw new Error(
    `task: numberCounts ${JSON.stringify(settings.numberCounts)}, maxNumber ${settings.maxNumber} and maxTarget ` +
      `${settings.maxTarget} leave no ${split} problems; raise maxNumber or maxTarget`,
  );
}

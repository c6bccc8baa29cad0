/** Solved problems of the train split, for supervised pre-training. */

import { CounterRandom, streamOf } from '../random.js';
import { formatExpression, type PartOrder } from './canonical.js';
import type { Expression } from './expression.js';
import { drawPrompt, randomExpression } from './generation.js';
import { isInteger } from './rational.js';
import type { CountdownSettings, Prompt } from './types.js';

export interface Demonstration {
  /** Prompt text. */
  prompt: string;
  /** Response text, without the end-of-sequence token. */
  response: string;
  /** False for a deliberately wrong response. */
  correct: boolean;
}

export interface Demonstrations {
  /** The demonstration of that number, from 0 to 2^32 − 1, the same at every call. */
  example(index: number): Demonstration;
}

export interface DemonstrationOptions {
  /**
   * Share of demonstrations, 0 to 1, whose expression uses the given numbers but misses the target. Teaches
   * form without teaching the answer: a knob for how strong the pre-trained policy becomes.
   */
  noise?: number;
}

/** Draws at a wrong expression whose value is an integer within reach of the target. */
const maxDraws = 32;

/** Any order of the parts that begins with one that is not subtracted or divided by. */
function randomOrder(random: CounterRandom): PartOrder {
  return (parts) => {
    random.shuffle(parts);
    const first = parts.findIndex((part) => !part.inverted);
    if (first > 0) parts.unshift(...parts.splice(first, 1));
    return parts;
  };
}

/** An expression over the prompt's numbers with a believable, wrong value; null when none was found. */
function wrongExpression(prompt: Prompt, maxTarget: number, random: CounterRandom): Expression | null {
  let fallback: Expression | null = null;
  for (let draws = 0; draws < maxDraws; draws++) {
    const found = randomExpression(prompt.numbers, random);
    if (found === null) continue;
    const { numerator } = found.value;
    if (isInteger(found.value) && numerator === prompt.target) continue;
    if (isInteger(found.value) && numerator >= 1 && numerator <= maxTarget) return found.expression;
    fallback ??= found.expression;
  }
  return fallback;
}

/**
 * Demonstrations of problems drawn as the training prompts are. The solution is the expression that the
 * problem was made from, written with the fewest parentheses and with the terms of each sum and the factors
 * of each product in random order, so that the policy learns many ways to the same target.
 */
export function demonstrations(
  settings: CountdownSettings,
  seed: number,
  options: DemonstrationOptions = {},
): Demonstrations {
  const noise = options.noise ?? 0;
  if (!(noise >= 0 && noise <= 1)) throw new RangeError(`noise must be from 0 to 1, got ${noise}`);
  return {
    example(index) {
      const random = new CounterRandom(seed, streamOf('demonstrations', index));
      const wantsWrong = random.next() < noise;
      const { prompt, solution } = drawPrompt(settings, 'train', random);
      const wrong = wantsWrong ? wrongExpression(prompt, settings.maxTarget, random) : null;
      return {
        prompt: prompt.text,
        response: formatExpression(wrong ?? solution, randomOrder(random)),
        correct: wrong === null,
      };
    },
  };
}

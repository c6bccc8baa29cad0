/** Training prompts: drawn from a seed or read from a file. */
import { z } from 'zod';
import { reasonOf } from '../errors.js';
import { CounterRandom, streamOf } from '../random.js';
import { readRegularFileSync } from '../runs/protocol/index.js';
import { countdownPrompt } from './countdown.js';
import { benchmarkIds } from './countdown-benchmarks.js';
import { drawPrompt } from './generation.js';
import { inRounds } from './rounds.js';
import type { CountdownSettings, Prompt, PromptSource } from './types.js';

/** Redraws of a problem that the step already has, before it is taken twice (tiny settings only). */
const maxRedraws = 20;

/**
 * Prompts of the train split, newly drawn for every step; the problems of one step differ from each other as
 * long as the settings allow for enough of them.
 */
export function trainingPrompts(settings: CountdownSettings, seed: number): PromptSource {
  const longest = Array<number>(Math.max(...settings.numberCounts)).fill(settings.maxNumber);
  return {
    foreseen: [
      { id: 'of Countdown', text: countdownPrompt([...'1234567890'].map(Number), 0).text },
      { id: 'of Countdown', text: countdownPrompt(longest, settings.maxTarget).text },
    ],
    promptsForStep(step, count) {
      const random = new CounterRandom(seed, streamOf('training prompts', step));
      const prompts: Prompt[] = [];
      const seen = new Set<string>();
      while (prompts.length < count) {
        let { prompt } = drawPrompt(settings, 'train', random);
        for (let redraws = 0; seen.has(prompt.id) && redraws < maxRedraws; redraws++) {
          prompt = drawPrompt(settings, 'train', random).prompt;
        }
        seen.add(prompt.id);
        prompts.push(prompt);
      }
      return prompts;
    },
  };
}

const linePromptSchema = z.strictObject({
  numbers: z.array(z.int().min(1).max(999)).min(2).max(4),
  target: z.int().min(1).max(9999),
});

/** Prompts of a file, and what to report about it. */
export interface FilePromptSource extends PromptSource {
  /** How many prompts the file has. */
  readonly size: number;
  /** How many of them are problems of a benchmark: training on these makes its scores meaningless. */
  readonly inBenchmarks: number;
}

function parseLine(line: string, where: string): Prompt {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(
      `${where}: not valid JSON; write one prompt per line, such as {"numbers":[3,7,12],"target":27}`,
    );
  }
  const result = linePromptSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const field = issue.path.length === 0 ? '' : ` ${issue.path.join('.')}:`;
    throw new Error(
      `${where}:${field} ${issue.message}; a prompt has 2 to 4 "numbers" from 1 to 999 and a "target" from 1 to 9999`,
    );
  }
  return { ...countdownPrompt(result.data.numbers, result.data.target), where };
}

/**
 * Prompts from a JSON Lines file, one `{"numbers":[3,7,12],"target":27}` per line, blank lines skipped. The file is
 * read in a new random order in each round; step s takes the places (s − 1)·count to s·count − 1.
 * Numbers are shown in the order of the file. Whether a prompt can be solved is not checked.
 *
 * @throws Error naming file, line and field
 */
export function promptsFromFile(path: string, seed: number, firstStep: 0 | 1 = 1): FilePromptSource {
  let text: string;
  try {
    text = readRegularFileSync(path, Number.POSITIVE_INFINITY);
  } catch (error) {
    throw new Error(`${path}: cannot be read (${reasonOf(error)})`);
  }
  const prompts: Prompt[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() !== '') prompts.push(parseLine(line, `${path}, line ${index + 1}`));
  }
  if (prompts.length === 0) throw new Error(`${path}: contains no prompts`);
  const held = benchmarkIds();
  return {
    size: prompts.length,
    inBenchmarks: prompts.filter((prompt) => held.has(prompt.id)).length,
    foreseen: prompts,
    promptsForStep: inRounds(prompts, seed, 'prompt file', firstStep),
  };
}

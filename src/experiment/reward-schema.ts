/** One entry of `rewards` in the experiment file. */
import { z } from 'zod';
import { sizeLimits } from './sizes.js';

/** A file and a function in it, as `rewards.py:has_steps`. */
const pythonFunction = /^.+\.py:[^:.\s]+$/;

/** Seconds that a program of rewards may take for a response when the experiment does not say. */
const rewardSeconds = 10;

export const rewardSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, 'use 1 to 40 letters, digits, "_" and "-", a letter first')
      .describe(
        'Name of the reward, by which it is logged. "correct" is the judge of the task: 1 for a correct answer, -1 for a wrong one; all others name a function or a program.',
      ),
    weight: z
      .number()
      .min(-sizeLimits.weight)
      .max(sizeLimits.weight)
      .default(1)
      .describe('What the values are multiplied with before they are added up. 0 only logs them.'),
    python: z
      .string()
      .regex(pythonFunction, 'use the file and the function in it, as in rewards.py:has_steps')
      .optional()
      .describe(
        'Python function that gives the values, as file.py:function, the file relative to this one. It is called once for each step as by TRL: f(completions, **columns) returns a list of numbers, or None where a response has no value.',
      ),
    command: z
      .array(z.string().min(1))
      .min(1)
      .max(sizeLimits.list)
      .optional()
      .describe(
        'Program that gives the values, and its arguments; files relative to this one. It reads a line of JSON for each response and writes a line {"reward": 0.5} for each, null where a response has no value.',
      ),
    seconds: z
      .number()
      .positive()
      .max(3600)
      .default(rewardSeconds)
      .describe('How long the function or program may take for one response; a step may take this for each.'),
  })
  .describe('One reward of a response.');
export type RewardSettings = z.infer<typeof rewardSchema>;

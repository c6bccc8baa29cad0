/** Plain responses of any program: one `{"id":"7","responses":["…","…"]}` per line. */
import { z } from 'zod';
import { ResultsError } from './errors.js';
import { jsonLines } from './lines.js';
import type { ImportedProblem } from './types.js';

const lineSchema = z.looseObject({
  id: z.union([z.string(), z.int()]),
  responses: z.array(z.string()).min(1),
  problem: z.string().optional(),
  answer: z.union([z.string(), z.number()]).optional(),
});

/**
 * Responses with the ids of a benchmark's problems, or with their own `problem` and `answer`.
 * @throws ResultsError naming file, line and field
 */
export function parseResponses(text: string, file: string): ImportedProblem[] {
  const problems = new Map<string, ImportedProblem>();
  for (const { value, where } of jsonLines(text, file)) {
    const parsed = lineSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new ResultsError(
        `${where}: ${issue?.path.join('.') || 'the line'}: ${issue?.message}`,
        'A line is {"id": "7", "responses": ["…"]}, with "problem" and "answer" when no benchmark is specified.',
      );
    }
    const { id, responses, problem, answer } = parsed.data;
    if (problems.has(String(id))) {
      throw new ResultsError(
        `${where}: the id "${id}" appeared before`,
        'Put all responses to a problem in one line.',
      );
    }
    problems.set(String(id), {
      id: String(id),
      statement: problem ?? null,
      gold: answer === undefined ? null : String(answer),
      responses,
    });
  }
  return [...problems.values()];
}

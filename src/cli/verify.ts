/** `g2rl verify`: judges answers, one JSON object per line. */
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type ExtractionKind, verifyAnswer } from '../answers/index.js';

const answer = z.union([z.string(), z.number().transform(String)]);
const lineSchema = z.looseObject({ gold: answer, pred: answer });

function judge(line: string, number: number, kind: ExtractionKind): object {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { error: `line ${number}: not valid JSON; write {"gold": "1/2", "pred": "0.5"}` };
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { error: `line ${number}: ${issue?.path.join('.') || 'the line'}: must be a string or a number` };
  }
  try {
    return verifyAnswer(parsed.data.gold, parsed.data.pred, kind);
  } catch (error) {
    // A defect of the judge: the lines after it are judged all the same.
    return { error: `line ${number}: cannot be judged: ${error instanceof Error ? error.message : error}` };
  }
}

/**
 * Reads `{"gold":…,"pred":…}` lines and writes `{"equivalent":…,"extracted":…,"reason":…,"read":…,"why":…}` in order,
 * where `read` is the answer with its place in `pred` and the rule that found it, or `{"error":…}` for a line that
 * cannot be read or judged. Blank lines are skipped.
 */
export async function verify(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  kind: ExtractionKind,
): Promise<{ failed: number }> {
  let failed = 0;
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    const result = judge(line, number, kind);
    if ('error' in result) failed++;
    output.write(`${JSON.stringify(result)}\n`);
  }
  return { failed };
}

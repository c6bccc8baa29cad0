/**
 * `g2rl shape`: the method for people who dump features from another trainer. Reads one group per line as JSON
 * and writes what the method computes from it, line for line.
 */
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { reasonOf } from '../errors.js';
import { methodSchema, optimizationSchema } from '../experiment/index.js';
import { advantages, shapeGroup } from '../g2rl/index.js';

const lineSchema = z.strictObject({
  // Looked at by hand: it can hold a million numbers, and the message should say which row is at fault.
  features: z.array(z.unknown()).min(1),
  rewards: z.array(z.number()).min(1),
  // Its rewards come from texts, which these lines do not have.
  method: methodSchema.shape.name.unwrap().exclude(['evol-rl']).default('g2rl'),
  lambda: methodSchema.shape.lambda,
  shaping: methodSchema.shape.shaping,
  uniformGroups: methodSchema.shape.uniformGroups,
  clip: methodSchema.shape.clip,
  scaleRewards: optimizationSchema.shape.scaleRewards,
});

/** How JSON, which has no such numbers, writes them. `null` is what JavaScript makes of NaN. */
const notFinite: ReadonlyMap<unknown, number> = new Map<unknown, number>([
  [null, Number.NaN],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

class LineError extends Error {}

function parseLine(text: string): z.infer<typeof lineSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const hint = /\bNaN\b|\bInfinity\b/.test(text) ? '; write NaN and infinite features as null' : '';
    throw new LineError(`not valid JSON (${reasonOf(error)})${hint}`);
  }
  const result = lineSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const where = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  const known =
    issue.code === 'unrecognized_keys' ? `; known: ${Object.keys(lineSchema.shape).join(', ')}` : '';
  throw new LineError(`${where === '' ? '' : `${where.slice(1)}: `}${issue.message}${known}`);
}

/** The rows as one row-major array. */
function flattenFeatures(rows: readonly unknown[]): { features: Float64Array; dimension: number } {
  const first = rows[0];
  const dimension = Array.isArray(first) ? first.length : 0;
  if (dimension === 0) throw new LineError('features[0] must be a non-empty array of numbers');
  const features = new Float64Array(rows.length * dimension);
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row)) throw new LineError(`features[${i}] must be an array of numbers`);
    if (row.length !== dimension) {
      throw new LineError(`features[${i}] has ${row.length} values, features[0] has ${dimension}`);
    }
    for (let column = 0; column < dimension; column++) {
      const value: unknown = row[column];
      const number = typeof value === 'number' ? value : notFinite.get(value);
      if (number === undefined) {
        throw new LineError(`features[${i}][${column}] is ${JSON.stringify(value)}, not a number`);
      }
      features[i * dimension + column] = number;
    }
  }
  return { features, dimension };
}

/** What one line becomes. Numbers are float64 at full precision. */
function shapeLine(text: string): object {
  const line = parseLine(text);
  const size = line.rewards.length;
  if (line.features.length !== size) {
    throw new LineError(`features has ${line.features.length} rows, rewards has ${size} values`);
  }
  const { features, dimension } = flattenFeatures(line.features);
  const group = shapeGroup(features, dimension, line.rewards, line);
  return {
    similarity: Array.from({ length: size }, (_, i) => [
      ...group.similarity.subarray(i * size, (i + 1) * size),
    ]),
    exploration: [...group.exploration],
    scalers: [...group.scalers],
    shaped: [...group.shaped],
    advantages: [...advantages(group.shaped, size, line.scaleRewards)],
    ...(group.invalid ? { invalid: true } : {}),
  };
}

/** The lines of a stream of text. A line may be many megabytes: each chunk is searched only once. */
async function* linesOf(source: AsyncIterable<string | Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending: string[] = [];
  for await (const chunk of source) {
    const pieces = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    const last = pieces.pop() ?? '';
    for (const piece of pieces) {
      pending.push(piece);
      yield pending.join('');
      pending = [];
    }
    pending.push(last);
  }
  pending.push(decoder.decode());
  yield pending.join('');
}

/**
 * Reads JSON lines and writes one line of JSON for each, in order:
 * `{"features":[[…]…],"rewards":[…]}`, with the optional settings `method`, `lambda`, `shaping`,
 * `uniformGroups`, `clip` and `scaleRewards`, becomes `{"similarity":[[…]…],"exploration":[…],"scalers":[…],
 * "shaped":[…],"advantages":[…]}`. NaN and infinite features are written as null, "NaN", "Infinity" or
 * "-Infinity"; a group that has one gets `"invalid":true` and keeps its rewards. A line that cannot be used
 * becomes `{"error":"line 3: …"}`, and the others are processed. Blank lines are skipped. The output is left open.
 *
 * @returns how many lines were read, and how many of them failed
 */
export async function shape(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<{ lines: number; failed: number }> {
  let lines = 0;
  let failed = 0;
  async function* results(source: AsyncIterable<string | Buffer>): AsyncGenerator<string> {
    let number = 0;
    for await (const line of linesOf(source)) {
      number++;
      if (line.trim() === '') continue;
      lines++;
      let result: object;
      try {
        result = shapeLine(line);
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        failed++;
        result = { error: `line ${number}: ${error.message}` };
      }
      yield `${JSON.stringify(result)}\n`;
    }
  }
  await pipeline(input, results, output, { end: false });
  return { lines, failed };
}

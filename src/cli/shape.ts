/**
 * `g2rl shape`: the method for people who dump features from another trainer. Reads one group per line as JSON
 * and writes what the method computes from it, line for line.
 */
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { reasonOf } from '../errors.js';
import {
  ExperimentDocument,
  methodSchema,
  optimizationSchema,
  presetMethods,
  problemsOfIssues,
} from '../experiment/index.js';
import {
  advantages,
  passAtKAdvantages,
  type ShapedGroup,
  shapeDirl,
  shapeEvolRl,
  shapeGroup,
} from '../g2rl/index.js';

const lineSchema = z.strictObject({
  // Looked at by hand: it can hold a million numbers, and the message should say which row is at fault.
  features: z.array(z.unknown()).min(1),
  rewards: z.array(z.number().nullable()).min(1),
  embeddings: z.array(z.unknown()).optional(),
  alignment: z.array(z.unknown()).optional(),
  method: methodSchema.shape.name,
  preset: methodSchema.shape.preset,
  lambda: methodSchema.shape.lambda,
  shaping: methodSchema.shape.shaping,
  uniformGroups: methodSchema.shape.uniformGroups,
  clip: methodSchema.shape.clip,
  k: methodSchema.shape.k,
  memorySign: methodSchema.shape.memorySign,
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

/** A line whose `rewards` are NaN where a response has none. */
type Line = Omit<z.infer<typeof lineSchema>, 'rewards'> & { rewards: number[] };

/** The line with what its preset stands for. */
function withPreset(line: Line, written: object): Line {
  const { preset, method } = line;
  if (preset === undefined) return line;
  if (method !== 'g2rl') throw new LineError(`preset: only g2rl has presets, not ${method}`);
  for (const [key, wanted] of Object.entries(presetMethods[preset])) {
    const given = Object.entries(written).find(([name]) => name === key)?.[1] ?? wanted;
    if (given !== wanted) {
      throw new LineError(
        `${key}: the preset "${preset}" sets it to ${JSON.stringify(wanted)}; got ${JSON.stringify(given)}`,
      );
    }
  }
  return { ...line, ...presetMethods[preset] };
}

function parseLine(text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const hint = /\bNaN\b|\bInfinity\b/.test(text) ? '; write NaN and infinite features as null' : '';
    throw new LineError(`not valid JSON (${reasonOf(error)})${hint}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LineError('must be an object');
  }
  const known = Object.keys(lineSchema.shape);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new LineError(`unrecognized key ${JSON.stringify(unknown)}; known: ${known.join(', ')}`);
  }
  const result = lineSchema.safeParse(value);
  if (result.success) {
    const rewards = result.data.rewards.map((reward) => reward ?? Number.NaN);
    return withPreset({ ...result.data, rewards }, value);
  }
  const [problem] = problemsOfIssues(result.error.issues, value, lineSchema, new ExperimentDocument('', ''));
  throw new LineError(problem?.message ?? 'this line cannot be used');
}

/** A number of a field that may hold NaN and infinite ones. */
function numberOf(value: unknown, place: string): number {
  const number = typeof value === 'number' ? value : notFinite.get(value);
  if (number === undefined) throw new LineError(`${place} is ${JSON.stringify(value)}, not a number`);
  return number;
}

interface Rows {
  values: Float64Array;
  dimension: number;
}

/** The rows of a field, one for each response, as one row-major array. */
function flatten(field: 'features' | 'embeddings', rows: readonly unknown[], size: number): Rows {
  if (rows.length !== size) {
    throw new LineError(`${field} has ${rows.length} rows, rewards has ${size} values`);
  }
  const first = rows[0];
  const dimension = Array.isArray(first) ? first.length : 0;
  if (dimension === 0) throw new LineError(`${field}[0] must be a non-empty array of numbers`);
  const values = new Float64Array(size * dimension);
  for (const [i, row] of rows.entries()) {
    if (!Array.isArray(row)) throw new LineError(`${field}[${i}] must be an array of numbers`);
    if (row.length !== dimension) {
      throw new LineError(`${field}[${i}] has ${row.length} values, ${field}[0] has ${dimension}`);
    }
    for (let column = 0; column < dimension; column++) {
      values[i * dimension + column] = numberOf(row[column], `${field}[${i}][${column}]`);
    }
  }
  return { values, dimension };
}

function withEmbeddings(group: ShapedGroup, { embeddings, rewards }: Line): ShapedGroup {
  if (embeddings === undefined) throw new LineError('embeddings: evol-rl needs one of each response');
  const { values, dimension } = flatten('embeddings', embeddings, rewards.length);
  try {
    return shapeEvolRl(group, values, dimension, rewards);
  } catch (error) {
    if (error instanceof RangeError) throw new LineError(`embeddings: ${error.message}`);
    throw error;
  }
}

function shapeByMethod({ values, dimension }: Rows, line: Line): ShapedGroup {
  const { method, rewards, alignment } = line;
  if (method !== 'dirl') {
    const group = shapeGroup(values, dimension, rewards, line);
    return method === 'evol-rl' ? withEmbeddings(group, line) : group;
  }
  if (alignment === undefined) throw new LineError('alignment: dirl needs one of each response');
  if (alignment.length !== rewards.length) {
    throw new LineError(`alignment has ${alignment.length} values, rewards has ${rewards.length}`);
  }
  const alignments = alignment.map((value, i) => numberOf(value, `alignment[${i}]`));
  return shapeDirl(values, dimension, alignments, rewards, line);
}

/** What is wrong with a line, for people; other errors are bugs. */
function faultOf(error: unknown): string {
  if (error instanceof LineError) return error.message;
  // A value that is shown is written by recursion.
  if (error instanceof RangeError && /call stack/.test(error.message)) return 'nested too deeply';
  throw error;
}

/** What one line becomes. Numbers are float64 at full precision. */
function shapeLine(text: string): object {
  const line = parseLine(text);
  const { method, rewards, k } = line;
  const size = rewards.length;
  if (method === 'pass-at-k' && k > size) {
    throw new LineError(`k: ${k} responses are more than the ${size} of the group`);
  }
  const group = shapeByMethod(flatten('features', line.features, size), line);
  const signal =
    method === 'pass-at-k'
      ? passAtKAdvantages(rewards, size, k)
      : advantages(group.shaped, size, line.scaleRewards);
  return {
    similarity: Array.from({ length: size }, (_, i) => [
      ...group.similarity.subarray(i * size, (i + 1) * size),
    ]),
    exploration: [...group.exploration],
    scalers: [...group.scalers],
    // A response without a reward has no shaped one either.
    shaped: Array.from(group.shaped, (value) => (Number.isNaN(value) ? 0 : value)),
    advantages: [...signal],
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
 * `{"features":[[…]…],"rewards":[…]}`, with the optional settings `method`, `preset`, `lambda`, `shaping`,
 * `uniformGroups`, `clip`, `k`, `memorySign` and `scaleRewards`, and with `embeddings` (one row of each response) for
 * evol-rl and `alignment` (one number of each) for dirl, becomes `{"similarity":[[…]…],"exploration":[…],"scalers":[…],
 * "shaped":[…],"advantages":[…]}`. A reward of null leaves the response out: it gets 0 and 0. NaN and infinite features are written as null, "NaN", "Infinity" or
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
        result = { error: `line ${number}: ${faultOf(error)}` };
        failed++;
      }
      yield `${JSON.stringify(result)}\n`;
    }
  }
  await pipeline(input, results, output, { end: false });
  return { lines, failed };
}

/** Prompts with their completions, laid out as the grids that the whole-sequence graphs take. */

export interface Sequence {
  prompt: readonly number[];
  completion: readonly number[];
}

/** Rows of similar length, padded on the right to one length. Position j predicts token j + 1. */
export interface SequenceChunk {
  /** Which sequences the rows hold; rows beyond are padding. */
  members: number[];
  rows: number;
  length: number;
  /** [rows·length] */
  tokens: Int32Array;
  /** [rows·length] the token that each position predicts */
  targets: Int32Array;
  /** [rows·length] 1 where the predicted token belongs to the completion */
  mask: Float32Array;
}

/** Lengths are rounded up to a multiple of this, so that few different graphs are compiled. */
const lengthStep = 4;

export function roundedLength(length: number): number {
  return Math.ceil(length / lengthStep) * lengthStep;
}

/**
 * Sorts sequences by length and cuts them into chunks of `rows`: little padding, and a working set that stays in
 * the cache. The order inside a chunk is deterministic.
 */
export function chunkSequences(
  sequences: readonly Sequence[],
  rows: number,
  padToken: number | null,
): SequenceChunk[] {
  const size = (index: number) => {
    const { prompt, completion } = sequences[index]!;
    return prompt.length + completion.length;
  };
  const order = sequences.map((_, index) => index).sort((a, b) => size(a) - size(b) || a - b);
  const chunks: SequenceChunk[] = [];
  for (let start = 0; start < order.length; start += rows) {
    const members = order.slice(start, start + rows);
    chunks.push(layOut(sequences, members, rows, padToken ?? 0));
  }
  return chunks;
}

function layOut(
  sequences: readonly Sequence[],
  members: number[],
  rows: number,
  padToken: number,
): SequenceChunk {
  const longest = Math.max(
    ...members.map((index) => {
      const { prompt, completion } = sequences[index]!;
      return prompt.length + completion.length - 1;
    }),
  );
  const length = roundedLength(longest);
  const tokens = new Int32Array(rows * length).fill(padToken);
  const targets = new Int32Array(rows * length).fill(padToken);
  const mask = new Float32Array(rows * length);
  members.forEach((index, row) => {
    const { prompt, completion } = sequences[index]!;
    const whole = [...prompt, ...completion];
    const offset = row * length;
    tokens.set(whole.slice(0, -1), offset);
    targets.set(whole.slice(1), offset);
    mask.fill(1, offset + prompt.length - 1, offset + whole.length - 1);
  });
  return { members, rows, length, tokens, targets, mask };
}

/** Lays values per completion token out on a chunk's grid; 0 elsewhere. */
export function scatterToGrid(
  chunk: SequenceChunk,
  sequences: readonly Sequence[],
  tokenValue: (sequence: number, token: number) => number,
): Float32Array {
  const grid = new Float32Array(chunk.rows * chunk.length);
  chunk.members.forEach((index, row) => {
    const { prompt, completion } = sequences[index]!;
    const offset = row * chunk.length + prompt.length - 1;
    for (let token = 0; token < completion.length; token++) grid[offset + token] = tokenValue(index, token);
  });
  return grid;
}

/** The values of a chunk's grid at the completion tokens of one row. */
export function gatherFromGrid(
  chunk: SequenceChunk,
  sequences: readonly Sequence[],
  grid: Float32Array,
  row: number,
): Float32Array {
  const { prompt, completion } = sequences[chunk.members[row]!]!;
  const offset = row * chunk.length + prompt.length - 1;
  return grid.slice(offset, offset + completion.length);
}

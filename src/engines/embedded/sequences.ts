/**
 * Prompts with their completions, laid out for the passes over whole sequences. Responses to the same prompt share its
 * tokens, which are computed once; tokens of responses are packed one after the other, so that only attention, which
 * needs a grid of rows, sees padding.
 */

import type { Device, GroupShape } from './graph/index.js';

export interface Sequence {
  prompt: readonly number[];
  completion: readonly number[];
}

/**
 * Rows are in the order of their groups. A response's row begins with the last token of the prompt: position t of a row
 * predicts token t of the completion.
 */
export interface SequenceChunk {
  shape: GroupShape;
  /** Which sequence each row holds; -1 for an empty one. */
  members: number[];
  /** groups · rowsPerGroup */
  rows: number;
  length: number;
  /** [packed + groups·prefix] the rows' tokens packed, then the prompts' */
  tokens: Int32Array;
  /** [packed + groups·prefix] places in their sequences */
  positions: Int32Array;
  /** [packed] the token that each position predicts */
  targets: Int32Array;
  /** [rows·length] the packed place of each cell; an empty one for empty cells */
  placeOfCell: Int32Array;
  /** [packed] the cell of each packed token; an empty one for empty places */
  cellOfPlace: Int32Array;
  /** [groups] prefix tokens that each prompt has */
  prefixLengths: number[];
  /** [rows·length] 1 at the response's tokens */
  mask: Float32Array;
}

/**
 * Lengths are rounded up to a multiple of this, so that few different graphs are compiled. On a GPU compiling takes much
 * longer, and padding less.
 */
const lengthSteps: Readonly<Record<Device, number>> = { cpu: 4, webgpu: 16 };

export function roundedLength(length: number, device: Device = 'cpu'): number {
  const step = lengthSteps[device];
  return Math.ceil(length / step) * step;
}

/** Fewer packed tokens than this are not worth graphs of their own. */
const smallestStep = 32;

/**
 * Up to the next eighth of the power of two below: at most an eighth is padding, and sizes are few. On a GPU up to the
 * next quarter.
 */
function roundedCount(count: number, device: Device): number {
  const parts = device === 'cpu' ? 8 : 4;
  const step = Math.max(smallestStep, 2 ** Math.floor(Math.log2(count)) / parts);
  return Math.ceil(count / step) * step;
}

/** Sequences beside each other that have the same prompt, at most `rows` of them. */
export function groupsOf(sequences: readonly Sequence[], rows: number): number[][] {
  const groups: number[][] = [];
  let last: readonly number[] | null = null;
  for (const [index, { prompt }] of sequences.entries()) {
    const group = groups.at(-1);
    const isSame = last !== null && isEqual(prompt, last);
    if (group && isSame && group.length < rows) group.push(index);
    else groups.push([index]);
    last = prompt;
  }
  return groups;
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((token, index) => token === b[index]));
}

/**
 * Sorts groups by length and cuts them into chunks of about `rows` rows: little padding, and a working set that stays
 * in the cache. The order inside a chunk is deterministic.
 */
export function chunkSequences(
  sequences: readonly Sequence[],
  rows: number,
  padToken: number | null,
  device: Device = 'cpu',
): SequenceChunk[] {
  return chunkGroups(sequences, groupsOf(sequences, rows), rows, padToken, device);
}

/** The same of groups that are given; all chunks have about as many of them. */
export function chunkGroups(
  sequences: readonly Sequence[],
  groups: readonly (readonly number[])[],
  rows: number,
  padToken: number | null,
  device: Device,
): SequenceChunk[] {
  const longest = (group: readonly number[]) =>
    Math.max(...group.map((index) => sequences[index]!.completion.length));
  const order = groups
    .map((group) => ({ group, length: longest(group) }))
    .sort((a, b) => a.length - b.length || a.group[0]! - b.group[0]!)
    .map(({ group }) => group);
  const rowsPerGroup = Math.max(...groups.map((group) => group.length));
  const most = Math.max(1, Math.floor(rows / rowsPerGroup));
  const groupsPerChunk = Math.ceil(groups.length / Math.ceil(groups.length / most));
  const chunks: SequenceChunk[] = [];
  for (let start = 0; start < order.length; start += groupsPerChunk) {
    const members = order.slice(start, start + groupsPerChunk);
    chunks.push(layOut(sequences, members, groupsPerChunk, rowsPerGroup, padToken ?? 0, device));
  }
  return chunks;
}

function layOut(
  sequences: readonly Sequence[],
  taken: readonly (readonly number[])[],
  groups: number,
  rowsPerGroup: number,
  padToken: number,
  device: Device,
): SequenceChunk {
  const members = Array.from({ length: groups }, (_, group) =>
    Array.from({ length: rowsPerGroup }, (_, row) => taken[group]?.[row] ?? -1),
  ).flat();
  const lengths = members.map((index) => sequences[index]?.completion.length ?? 0);
  const prefixes = Array.from(
    { length: groups },
    (_, group) => sequences[taken[group]?.[0] ?? -1]?.prompt ?? [],
  );
  const prefixLengths = prefixes.map((prompt) => Math.max(0, prompt.length - 1));
  const length = roundedLength(Math.max(...lengths) + 1, device);
  const count = lengths.reduce((total, one) => total + one, 0);
  const packed = roundedCount(count, device) + 1;
  const prefix = roundedLength(Math.max(...prefixLengths, 1), device);

  const size = packed + groups * prefix;
  const tokens = new Int32Array(size).fill(padToken);
  const positions = new Int32Array(size);
  const targets = new Int32Array(packed).fill(padToken);
  const placeOfCell = new Int32Array(members.length * length).fill(packed - 1);
  // The last cell of the first row is empty: every row has an empty one.
  const cellOfPlace = new Int32Array(packed).fill(length - 1);
  const mask = new Float32Array(members.length * length);
  let place = 0;
  for (const [row, index] of members.entries()) {
    const sequence = sequences[index];
    if (!sequence) continue;
    const { prompt, completion } = sequence;
    for (let token = 0; token < completion.length; token++) {
      const cell = row * length + token;
      tokens[place] = token === 0 ? prompt.at(-1)! : completion[token - 1]!;
      positions[place] = prompt.length - 1 + token;
      targets[place] = completion[token]!;
      placeOfCell[cell] = place;
      cellOfPlace[place] = cell;
      mask[cell] = 1;
      place++;
    }
  }
  for (const [group, prompt] of prefixes.entries()) {
    const start = packed + group * prefix;
    tokens.set(prompt.slice(0, -1), start);
    for (let position = 0; position < prefix; position++) positions[start + position] = position;
  }
  const shape = { groups, rowsPerGroup, length, packed, prefix };
  const rows = members.length;
  return {
    shape,
    members,
    rows,
    length,
    tokens,
    positions,
    targets,
    placeOfCell,
    cellOfPlace,
    prefixLengths,
    mask,
  };
}

/** Lays values per completion token out on a chunk's grid [rows·length]; 0 elsewhere. */
export function scatterToGrid(
  chunk: SequenceChunk,
  sequences: readonly Sequence[],
  tokenValue: (sequence: number, token: number) => number,
): Float32Array {
  const grid = new Float32Array(chunk.rows * chunk.length);
  for (const [row, index] of chunk.members.entries()) {
    const length = sequences[index]?.completion.length ?? 0;
    for (let token = 0; token < length; token++) grid[row * chunk.length + token] = tokenValue(index, token);
  }
  return grid;
}

/** The values at the completion tokens of each sequence of a chunk, from packed ones [packed]. */
export function* unpacked(
  chunk: SequenceChunk,
  sequences: readonly Sequence[],
  values: Float32Array,
): Generator<[sequence: number, values: Float32Array]> {
  let place = 0;
  for (const index of chunk.members) {
    const length = sequences[index]?.completion.length ?? 0;
    if (index >= 0) yield [index, values.slice(place, place + length)];
    place += length;
  }
}

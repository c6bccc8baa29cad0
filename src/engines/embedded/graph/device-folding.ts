/**
 * Where the heads of packed tokens are in the grids of attention on a GPU: everything that is needed for one product is
 * picked by one launch, and brought back by one.
 */
import type { GraphBuilder } from './builder.js';
import type { GroupAttentionInputs, GroupAttentionShape } from './group-shape.js';
import { concatenate, reshape, split } from './operations.js';
import type { Value } from './value.js';

/** Queries of responses and prompts in one grid, and of keys and values one each. */
export interface DeviceHeads {
  /** [groups·kvHeads, rowsPerGroup·perKey·length + perKey·prefix, headDim], those of responses first */
  queries: Value;
  /** [groups·kvHeads·rowsPerGroup, length, headDim] */
  keys: Value;
  /** [groups·kvHeads, prefix, headDim] */
  promptKeys: Value;
  /** As the keys. */
  values: Value;
  promptValues: Value;
}

/** The same places in every layer of a graph. */
export interface DeviceFolding {
  /** @param heads queries, keys and values side by side, [n, (heads + 2·kvHeads)·headDim] */
  fold(heads: Value): DeviceHeads;
  /** Queries alone. @param heads [n, heads·headDim] */
  foldQueries(heads: Value): Value;
  /** The way back of `fold`. */
  unfold(heads: DeviceHeads): Value;
  /** The way back of `foldQueries`. */
  unfoldQueries(grid: Value): Value;
  /** Added to the scores of queries by keys of prompts, [groups·kvHeads, all queries, prefix]. */
  promptBias: Value;
  /** The sines of the opposite angles. */
  oppositeSines: Value;
}

/** Made once for a graph: its layers are given the same inputs. */
const known = new WeakMap<GroupAttentionInputs, DeviceFolding>();

export function deviceFolding(
  graph: GraphBuilder,
  inputs: GroupAttentionInputs,
  shape: GroupAttentionShape,
  promptMask: Float32Array,
): DeviceFolding {
  const found = known.get(inputs);
  if (found) return found;
  const made = make(graph, inputs, shape, promptMask);
  known.set(inputs, made);
  return made;
}

/** Of each row of a grid: the token by its cell, with the cells of prompts after those of responses, and its head. */
interface Places {
  cells: number[];
  heads: number[];
}

function make(
  graph: GraphBuilder,
  inputs: GroupAttentionInputs,
  shape: GroupAttentionShape,
  promptMask: Float32Array,
): DeviceFolding {
  const { groups, rowsPerGroup, length, packed, prefix, heads, kvHeads, headDim } = shape;
  const perKey = heads / kvHeads;
  const batch = groups * kvHeads;
  const tokens = packed + groups * prefix;
  const cells = groups * rowsPerGroup * length;
  const all = heads + 2 * kvHeads;
  const ownQueries = rowsPerGroup * perKey * length;
  const promptQueries = perKey * prefix;

  /** Rows of a grid for tokens of responses, of prompts, or both: `count` heads for each key head, from number `first` on. */
  const placesOf = (first: number, count: number, who: { responses?: true; prompts?: true }): Places => {
    const places: Places = { cells: [], heads: [] };
    const add = (start: number, size: number, head: number) => {
      for (let token = 0; token < size; token++) {
        places.cells.push(start + token);
        places.heads.push(head);
      }
    };
    for (let group = 0; group < groups; group++) {
      for (let key = 0; key < kvHeads; key++) {
        const head = first + key * count;
        for (let row = 0; who.responses && row < rowsPerGroup; row++) {
          const start = (group * rowsPerGroup + row) * length;
          for (let query = 0; query < count; query++) add(start, length, head + query);
        }
        for (let query = 0; who.prompts && query < count; query++) {
          add(cells + group * prefix, prefix, head + query);
        }
      }
    }
    return places;
  };
  const queryPlaces = placesOf(0, perKey, { responses: true, prompts: true });
  const parts = [
    queryPlaces,
    placesOf(heads, 1, { responses: true }),
    placesOf(heads, 1, { prompts: true }),
    placesOf(heads + kvHeads, 1, { responses: true }),
    placesOf(heads + kvHeads, 1, { prompts: true }),
  ];
  const allPlaces: Places = {
    cells: parts.flatMap((part) => part.cells),
    heads: parts.flatMap((part) => part.heads),
  };

  const integers = (values: ArrayLike<number>, ...axes: number[]) =>
    graph.constant(Int32Array.from(values), axes);
  const counted = (from: number, count: number) =>
    integers(
      Array.from({ length: count }, (_, index) => from + index),
      count,
    );
  const tokenOfCell = concatenate(graph, [inputs.placeOfCell, counted(packed, groups * prefix)], 0);
  const cellOfToken = concatenate(graph, [inputs.cellOfPlace, counted(cells, groups * prefix)], 0);

  /** Rows of [n·width, headDim] that the places of a grid name. */
  const rowsOf = (places: Places, width: number) => {
    const count = places.cells.length;
    const token = graph.node('Gather', [tokenOfCell, integers(places.cells, count)], [count]);
    const first = graph.node('Mul', [token, integers([width])], [count]);
    return graph.node('Add', [first, integers(places.heads, count)], [count]);
  };
  /** The other way round: where in the grid each token has each of its heads, [n, width]. */
  const gridOf = (places: Places, width: number) => {
    const table = new Int32Array((cells + groups * prefix) * width);
    for (const [index, cell] of places.cells.entries()) table[cell * width + places.heads[index]!] = index;
    const rows = integers(table, cells + groups * prefix, width);
    return graph.node('Gather', [rows, cellOfToken], [tokens, width]);
  };
  const pick = (rows: Value, places: Value) =>
    graph.node('Gather', [rows, places], [...places.shape, headDim]);
  const rows = (value: Value) => reshape(graph, value, [sizeOf(value) / headDim, headDim]);
  /** What only the way back needs is no node of a graph that has none. */
  const lazy = <Made>(build: () => Made) => {
    let value: Made | undefined;
    return () => {
      value ??= build();
      return value;
    };
  };

  const toAll = rowsOf(allPlaces, all);
  const toQueries = lazy(() => rowsOf(queryPlaces, heads));
  const fromAll = lazy(() => gridOf(allPlaces, all));
  const fromQueries = gridOf(queryPlaces, heads);
  const mask = graph.constant(promptMask, [1, promptQueries, prefix]);
  const pads = graph.integers(0, ownQueries, 0, 0, 0, 0);
  const padded = graph.node('Pad', [mask, pads], [1, ownQueries + promptQueries, prefix]);
  const gridShape = [batch, ownQueries + promptQueries, headDim];
  const ownShape = [batch * rowsPerGroup, length, headDim];
  const promptShape = [batch, prefix, headDim];
  const oppositeSines = lazy(() => graph.node('Neg', [inputs.sines], inputs.sines.shape));
  return {
    fold(value) {
      const sizes = parts.map((part) => part.cells.length);
      const [queries, keys, promptKeys, values, promptValues] = split(
        graph,
        pick(rows(value), toAll),
        sizes,
        0,
      ) as [Value, Value, Value, Value, Value];
      return {
        queries: reshape(graph, queries, gridShape),
        keys: reshape(graph, keys, ownShape),
        promptKeys: reshape(graph, promptKeys, promptShape),
        values: reshape(graph, values, ownShape),
        promptValues: reshape(graph, promptValues, promptShape),
      };
    },
    foldQueries: (value) => reshape(graph, pick(rows(value), toQueries()), gridShape),
    unfold({ queries, keys, promptKeys, values, promptValues }) {
      const together = [queries, keys, promptKeys, values, promptValues].map(rows);
      return reshape(graph, pick(concatenate(graph, together, 0), fromAll()), [tokens, all * headDim]);
    },
    unfoldQueries: (grid) => reshape(graph, pick(rows(grid), fromQueries), [tokens, heads * headDim]),
    promptBias: graph.node('Add', [padded, inputs.prefixBias], [batch, ownQueries + promptQueries, prefix]),
    get oppositeSines() {
      return oppositeSines();
    },
  };
}

const sizeOf = ({ shape }: Value): number => (shape as number[]).reduce((product, axis) => product * axis, 1);

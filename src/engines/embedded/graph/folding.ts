/** Heads of packed tokens, laid out in grids for attention of responses that share their prompts, and back. */
import type { GraphBuilder } from './builder.js';
import type { GroupAttentionInputs, GroupAttentionShape } from './group-shape.js';
import { concatenate, reshape, transpose } from './operations.js';
import type { Value } from './value.js';

/** Heads of all tokens [n, heads·headDim], the queries of a key head folded into rows: for responses and prompts. */
export interface Folded {
  /** [groups·kvHeads, rowsPerGroup·perKey·length, headDim]; of keys and values perKey is 1 */
  responses: Value;
  /** [groups·kvHeads, perKey·prefix, headDim] */
  prompts: Value;
}

export interface Folding {
  /** @param value [n, heads·headDim] */
  fold(value: Value): Folded;
  /** @returns [n, heads·headDim] */
  unfold(folded: Folded): Value;
}

/**
 * Heads are picked one by one, which is one pass over memory where picking tokens and then turning the axes is two.
 * @param perKey heads for each key head: for keys and values 1
 */
export function folding(
  graph: GraphBuilder,
  inputs: GroupAttentionInputs,
  shape: GroupAttentionShape,
  perKey: number,
): Folding {
  const { groups, rowsPerGroup, length, packed, prefix, kvHeads, headDim } = shape;
  const batch = groups * kvHeads;
  const heads = kvHeads * perKey;
  const constant = (values: readonly number[], axes: readonly number[]) =>
    graph.constant(Int32Array.from(values), axes);
  const pick = (value: Value, places: Value) => {
    const rows = reshape(graph, value, [sizeOf(value) / headDim, headDim]);
    return graph.node('Gather', [rows, places], [...places.shape, headDim]);
  };

  const cells = reshape(graph, inputs.placeOfCell, [groups, 1, rowsPerGroup, 1, length]);
  const firstHead = graph.node('Mul', [cells, constant([heads], [])], cells.shape);
  const head = constant([...Array(heads).keys()], [1, kvHeads, 1, perKey, 1]);
  const grid = [groups, kvHeads, rowsPerGroup, perKey, length];
  const toResponses = reshape(graph, graph.node('Add', [firstHead, head], grid), [
    batch,
    rowsPerGroup * perKey * length,
  ]);

  const places: number[] = [];
  for (let group = 0; group < groups; group++) {
    for (let index = 0; index < heads; index++) {
      for (let token = 0; token < prefix; token++) {
        places.push((packed + group * prefix + token) * heads + index);
      }
    }
  }
  const toPrompts = constant(places, [batch, perKey * prefix]);

  // Where the first head of each cell is in the grid, and how far from it the others are.
  const firstOfCell: number[] = [];
  for (let group = 0; group < groups; group++) {
    for (let row = 0; row < rowsPerGroup; row++) {
      const start = (group * kvHeads * rowsPerGroup + row) * perKey * length;
      for (let token = 0; token < length; token++) firstOfCell.push(start + token);
    }
  }
  const others = Array.from({ length: heads }, (_, index) => {
    const query = index % perKey;
    return ((index - query) * rowsPerGroup + query) * length;
  });
  const cellOfPlace = reshape(graph, inputs.cellOfPlace, [packed, 1]);
  const first = graph.node('Gather', [constant(firstOfCell, [firstOfCell.length]), cellOfPlace], [packed, 1]);
  const fromGrid = graph.node('Add', [first, constant(others, [1, heads])], [packed, heads]);

  return {
    fold: (value) => ({ responses: pick(value, toResponses), prompts: pick(value, toPrompts) }),
    unfold({ responses, prompts }) {
      const width = heads * headDim;
      const own = reshape(graph, pick(responses, fromGrid), [packed, width]);
      const promptGrid = reshape(graph, prompts, [groups, kvHeads, perKey, prefix, headDim]);
      const turned = transpose(graph, promptGrid, [0, 3, 1, 2, 4]);
      return concatenate(graph, [own, reshape(graph, turned, [groups * prefix, width])], 0);
    },
  };
}

const sizeOf = ({ shape }: Value): number => (shape as number[]).reduce((product, axis) => product * axis, 1);

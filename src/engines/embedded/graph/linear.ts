/** Products with weight matrices: frozen ones may be stored in half precision, and may have low-rank adapters. */
import type { GraphBuilder } from './builder.js';
import { add, concatenate, gemm } from './operations.js';
import type { Value } from './value.js';

/**
 * What is added to a matrix W [out, in] whose rows are those of several modules, one below the other: scale · B·A of
 * each module that has an adapter.
 */
export interface LowRank {
  /** The A [rank, in] of the adapted modules, one below the other. */
  down: Value;
  /** Of each module its rows of W, and its B [rows, rank]; null without an adapter. */
  modules: readonly { rows: number; up: Value | null }[];
  rank: number;
  scale: number;
}

/** A weight matrix [out, in] as Hugging Face stores a linear layer; float16 only where it is frozen. */
export interface WeightMatrix extends Value {
  readonly lowRank?: LowRank;
}

/** float32 of a value that may be stored in half precision. */
export function toSingle(graph: GraphBuilder, x: Value): Value {
  if (x.type === 'float32') return x;
  return graph.node('Cast', [x], x.shape, { attributes: { to: 1 }, type: 'float32' });
}

/** x · wᵀ: x [n, in], w [out, in] → [n, out]. */
export function linear(graph: GraphBuilder, x: Value, w: WeightMatrix): Value {
  const result = gemm(graph, x, toSingle(graph, w), false, true);
  const product = graph.differentiable(result, [x, w], (gradient) => [
    x.differentiable ? gemm(graph, gradient, toSingle(graph, w), false, false) : null,
    w.differentiable ? gemm(graph, gradient, x, true, false) : null,
  ]);
  return w.lowRank ? add(graph, product, lowRankProduct(graph, x, w.lowRank)) : product;
}

/** scale · x·Aᵀ·Bᵀ of each module, side by side; 0 for modules without an adapter. */
function lowRankProduct(graph: GraphBuilder, x: Value, { down, modules, rank, scale }: LowRank): Value {
  const rowsOfX = x.shape[0]!;
  const ups = modules.flatMap(({ up }) => (up ? [up] : []));
  const join = (values: readonly Value[]) =>
    values.length === 1 ? values[0]! : concatenate(graph, values, 1);
  const scaled = (a: Value, b: Value, transA: boolean, transB: boolean) =>
    graph.node('Gemm', [a, b], [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!], {
      attributes: { transA: Number(transA), transB: Number(transB), alpha: { float: scale } },
    });
  const inner = gemm(graph, x, down, false, true);
  const parts = columns(
    graph,
    inner,
    ups.map(() => rank),
  );
  let next = 0;
  const outputs = modules.map(({ rows, up }) => {
    if (up) return scaled(parts[next++]!, up, false, true);
    // A product, because the height may be unknown; of the narrowest there is.
    const zeros = graph.constant(new Float32Array(rank * rows), [rank, rows]);
    return gemm(graph, parts[0]!, zeros, false, false);
  });
  return graph.differentiable(
    { ...join(outputs), shape: [rowsOfX, sumOf(modules)] },
    [x, down, ...ups],
    (gradient) => {
      const all = columns(
        graph,
        gradient,
        modules.map(({ rows }) => rows),
      );
      const adapted = all.filter((_, index) => modules[index]?.up);
      const byUps = adapted.map((part, index) => scaled(part, parts[index]!, true, false));
      const byInner = join(adapted.map((part, index) => scaled(part, ups[index]!, false, false)));
      return [
        x.differentiable ? gemm(graph, byInner, down, false, false) : null,
        gemm(graph, byInner, x, true, false),
        ...byUps,
      ];
    },
  );
}

/**
 * Consecutive columns of x [n, width]. Not by one Split: when the runtime lets a product add its result to a sum, it fails
 * on products of a third result.
 */
function columns(graph: GraphBuilder, x: Value, sizes: readonly number[]): Value[] {
  if (sizes.length === 1) return [x];
  let start = 0;
  return sizes.map((size) => {
    const range = [graph.integers(start), graph.integers(start + size), graph.integers(1)];
    start += size;
    return graph.node('Slice', [x, ...range], [x.shape[0]!, size]);
  });
}

const sumOf = (modules: LowRank['modules']): number => modules.reduce((total, { rows }) => total + rows, 0);

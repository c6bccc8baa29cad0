/** The small set of general operations that models and losses are written in, each with its way back. */
import type { GraphBuilder } from './builder.js';
import type { Dimension } from './onnx.js';
import type { Value } from './value.js';

function sameShape(a: readonly Dimension[], b: readonly Dimension[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** NumPy broadcasting of two shapes. */
function broadcast(a: readonly Dimension[], b: readonly Dimension[]): Dimension[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new Error(`Shapes [${a}] and [${b}] are not compatible.`);
  });
}

function elementwise(graph: GraphBuilder, operator: string, a: Value, b: Value): Value {
  return graph.node(operator, [a, b], broadcast(a.shape, b.shape));
}

/** The gradient of a broadcast input: summed over the axes that were repeated. */
function unbroadcast(graph: GraphBuilder, gradient: Value, target: Value): Value {
  if (sameShape(gradient.shape, target.shape)) return gradient;
  const offset = gradient.shape.length - target.shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < offset || (target.shape[axis - offset] === 1 && gradient.shape[axis] !== 1));
  const summed = axes.length > 0 ? sum(graph, gradient, axes) : gradient;
  return sameShape(summed.shape, target.shape) ? summed : reshape(graph, summed, target.shape);
}

export function add(graph: GraphBuilder, a: Value, b: Value): Value {
  return graph.differentiable(elementwise(graph, 'Add', a, b), [a, b], (gradient) => [
    a.differentiable ? unbroadcast(graph, gradient, a) : null,
    b.differentiable ? unbroadcast(graph, gradient, b) : null,
  ]);
}

export function subtract(graph: GraphBuilder, a: Value, b: Value): Value {
  return graph.differentiable(elementwise(graph, 'Sub', a, b), [a, b], (gradient) => [
    a.differentiable ? unbroadcast(graph, gradient, a) : null,
    b.differentiable ? unbroadcast(graph, negate(graph, gradient), b) : null,
  ]);
}

export function multiply(graph: GraphBuilder, a: Value, b: Value): Value {
  return graph.differentiable(elementwise(graph, 'Mul', a, b), [a, b], (gradient) => [
    a.differentiable ? unbroadcast(graph, elementwise(graph, 'Mul', gradient, b), a) : null,
    b.differentiable ? unbroadcast(graph, elementwise(graph, 'Mul', gradient, a), b) : null,
  ]);
}

/** a / b; only the numerator is differentiated. */
export function divide(graph: GraphBuilder, a: Value, b: Value): Value {
  if (b.differentiable) throw new Error('divide: the denominator must not depend on a parameter.');
  return graph.differentiable(elementwise(graph, 'Div', a, b), [a], (gradient) => [
    unbroadcast(graph, elementwise(graph, 'Div', gradient, b), a),
  ]);
}

/** The smaller of two; where they are equal the gradient goes to `a`. */
export function minimum(graph: GraphBuilder, a: Value, b: Value): Value {
  return graph.differentiable(elementwise(graph, 'Min', a, b), [a, b], (gradient) => {
    const takesA = compare(graph, 'LessOrEqual', a, b);
    const zero = graph.scalar(0);
    return [
      a.differentiable ? unbroadcast(graph, choose(graph, takesA, gradient, zero), a) : null,
      b.differentiable ? unbroadcast(graph, choose(graph, takesA, zero, gradient), b) : null,
    ];
  });
}

/** a < b and its kin, element by element, as booleans. */
export function compare(
  graph: GraphBuilder,
  operator: 'Less' | 'LessOrEqual' | 'Greater' | 'Equal',
  a: Value,
  b: Value,
): Value {
  return graph.node(operator, [a, b], broadcast(a.shape, b.shape), { type: 'bool' });
}

/** One or the other, element by element; not differentiable. */
export function choose(graph: GraphBuilder, condition: Value, yes: Value, no: Value): Value {
  const shape = broadcast(condition.shape, broadcast(yes.shape, no.shape));
  return graph.node('Where', [condition, yes, no], shape, { type: yes.type });
}

/** x limited to [low, high]; no gradient outside. */
export function clip(graph: GraphBuilder, x: Value, low: number, high: number): Value {
  const result = graph.node('Clip', [x, graph.scalar(low), graph.scalar(high)], x.shape);
  return graph.differentiable(result, [x], (gradient) => {
    const inside = compare(graph, 'Equal', x, result);
    return [choose(graph, inside, gradient, graph.scalar(0))];
  });
}

export function negate(graph: GraphBuilder, x: Value): Value {
  return graph.differentiable(graph.node('Neg', [x], x.shape), [x], (gradient) => [negate(graph, gradient)]);
}

export function exponential(graph: GraphBuilder, x: Value): Value {
  const result = graph.node('Exp', [x], x.shape);
  return graph.differentiable(result, [x], (gradient) => [elementwise(graph, 'Mul', gradient, result)]);
}

export function reshape(graph: GraphBuilder, x: Value, shape: readonly Dimension[]): Value {
  if (sameShape(x.shape, shape)) return x;
  const unknown = shape.filter((size) => typeof size === 'string').length;
  if (unknown > 1) throw new Error(`Reshape to [${shape}]: at most one size may be unknown.`);
  const sizes = graph.integers(...shape.map((size) => (typeof size === 'number' ? size : -1)));
  return graph.differentiable(graph.node('Reshape', [x, sizes], shape), [x], (gradient) => [
    reshape(graph, gradient, x.shape),
  ]);
}

export function transpose(graph: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis]!);
  const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
  const result = graph.node('Transpose', [x], shape, { attributes: { perm: permutation } });
  return graph.differentiable(result, [x], (gradient) => [transpose(graph, gradient, inverse)]);
}

/** Sum over the given axes, which disappear; over all of them without `axes`. */
export function sum(graph: GraphBuilder, x: Value, axes?: readonly number[]): Value {
  const summed = axes ?? x.shape.map((_, axis) => axis);
  const shape = x.shape.filter((_, axis) => !summed.includes(axis));
  const kept = x.shape.map((size, axis) => (summed.includes(axis) ? 1 : size));
  const result = graph.node('ReduceSum', [x, graph.integers(...summed)], shape, {
    attributes: { keepdims: 0 },
  });
  return graph.differentiable(result, [x], (gradient) => {
    const column = reshape(graph, gradient, kept);
    return [graph.node('Expand', [column, shapeOf(graph, x)], x.shape)];
  });
}

function shapeOf(graph: GraphBuilder, x: Value): Value {
  if (x.shape.every((size) => typeof size === 'number')) return graph.integers(...(x.shape as number[]));
  return graph.node('Shape', [x], [x.shape.length], { type: 'int64' });
}

/** Matrix product of two matrices, each optionally transposed. */
export function gemm(graph: GraphBuilder, a: Value, b: Value, transA: boolean, transB: boolean): Value {
  const rows = a.shape[transA ? 1 : 0]!;
  const columns = b.shape[transB ? 0 : 1]!;
  return graph.node('Gemm', [a, b], [rows, columns], {
    attributes: { transA: Number(transA), transB: Number(transB) },
  });
}

/** Batched matrix product of the last two axes, scaled by `alpha`. */
export function batchedMatmul(
  graph: GraphBuilder,
  a: Value,
  b: Value,
  options: { transA?: boolean; transB?: boolean; alpha?: number } = {},
): Value {
  const { transA = false, transB = false, alpha = 1 } = options;
  const rank = a.shape.length;
  const rows = a.shape[rank - (transA ? 1 : 2)]!;
  const columns = b.shape[rank - (transB ? 2 : 1)]!;
  return graph.runtimeNode('FusedMatMul', [a, b], [...a.shape.slice(0, -2), rows, columns], {
    transA: Number(transA),
    transB: Number(transB),
    alpha: { float: alpha },
  });
}

/**
 * Cuts an axis, the last unless it is named, into parts of the given sizes. Not differentiable: layers that cut know
 * their way back.
 */
export function split(
  graph: GraphBuilder,
  x: Value,
  sizes: readonly number[],
  axis = x.shape.length - 1,
): Value[] {
  const shapes = sizes.map((size) => x.shape.map((whole, index) => (index === axis ? size : whole)));
  return graph.nodeOutputs('Split', [x, graph.integers(...sizes)], shapes, { attributes: { axis } });
}

/** 1 where `indices` [n] name the column, counted from `first`, else 0: [n, columns]. */
export function oneHot(graph: GraphBuilder, indices: Value, columns: number, first = 0): Value {
  const rows = indices.shape[0]!;
  const range = graph.constant(
    Int32Array.from({ length: columns }, (_, column) => first + column),
    [1, columns],
  );
  const equal = graph.node('Equal', [reshape(graph, indices, [rows, 1]), range], [rows, columns], {
    type: 'bool',
  });
  return toFloat(graph, equal);
}

/** 1 for true, 0 for false. */
export function toFloat(graph: GraphBuilder, condition: Value): Value {
  return graph.node('Cast', [condition], condition.shape, { attributes: { to: 1 }, type: 'float32' });
}

/** Joins values along an axis. */
export function concatenate(graph: GraphBuilder, values: readonly Value[], axis: number): Value {
  const sizes = values.map((value) => value.shape[axis]!);
  const total = sizes.every((size) => typeof size === 'number')
    ? (sizes as number[]).reduce((a, b) => a + b, 0)
    : sizes.join('+');
  const shape = values[0]!.shape.map((size, index) => (index === axis ? total : size));
  return graph.node('Concat', values, shape, { attributes: { axis } });
}

/**
 * Rows of x [n, …] in another order and number: row i of the result is row `places[i]` of x.
 * @param inverse for each row of x where its gradient is: a row of the result that gets none for rows that were left out
 */
export function reindex(graph: GraphBuilder, x: Value, places: Value, inverse: Value): Value {
  const result = graph.node('Gather', [x, places], [places.shape[0]!, ...x.shape.slice(1)]);
  return graph.differentiable(result, [x], (gradient) => [reindex(graph, gradient, inverse, places)]);
}

/** The first `count` rows of x [n, width]. */
export function firstRows(graph: GraphBuilder, x: Value, count: number): Value {
  const [rows, width] = x.shape as [number, number];
  const result = graph.node(
    'Slice',
    [x, graph.integers(0), graph.integers(count), graph.integers(0)],
    [count, width],
  );
  return graph.differentiable(result, [x], (gradient) => {
    const zeros = graph.constant(new Float32Array((rows - count) * width), [rows - count, width]);
    return [concatenate(graph, [gradient, zeros], 0)];
  });
}

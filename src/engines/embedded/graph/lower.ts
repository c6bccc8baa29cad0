/** What stands in for operators that a device has no kernel for. */
import type { NodeOptions, Value } from './value.js';

/** What of a graph builder they use. */
interface Graph {
  node(operator: string, inputs: readonly Value[], shape: Value['shape'], options?: NodeOptions): Value;
  scalar(number: number): Value;
  integers(...numbers: number[]): Value;
}

type Lowering = (
  graph: Graph,
  inputs: readonly Value[],
  shape: Value['shape'],
  attributes: NonNullable<NodeOptions['attributes']>,
) => Value;

/** By operator: nodes that ONNX Runtime's WebGPU provider would send to the processor, and the values with them. */
export const webgpuLowerings: Readonly<Record<string, Lowering>> = {
  FusedMatMul(graph, inputs, shape, attributes) {
    const [left, right] = inputs as readonly [Value, Value];
    const isOn = (name: string) => attributes[name] === 1;
    const a = turned(graph, left, isOn('transA'), isOn('transBatchA'));
    const b = turned(graph, right, isOn('transB'), isOn('transBatchB'));
    const { alpha } = attributes;
    const factor = typeof alpha === 'object' && 'float' in alpha ? alpha.float : 1;
    const scaled = factor === 1 ? a : graph.node('Mul', [a, graph.scalar(factor)], a.shape);
    return graph.node('MatMul', [scaled, b], shape);
  },

  Sum(graph, inputs, shape) {
    return graph.node('Add', inputs, shape);
  },

  /** Not Log of Softmax: that of an underflow is −∞. */
  LogSoftmax(graph, inputs, shape) {
    const [x] = inputs as readonly [Value];
    const column = [...shape.slice(0, -1), 1];
    const axis = graph.integers(shape.length - 1);
    const shifted = graph.node('Sub', [x, graph.node('ReduceMax', [x, axis], column)], shape);
    const total = graph.node('ReduceSum', [graph.node('Exp', [shifted], shape), axis], column);
    return graph.node('Sub', [shifted, graph.node('Log', [total], column)], shape);
  },
};

/** Matrices with their last two axes exchanged, and [c, k, h] read as k matrices [c, h] with `batch`. */
function turned(graph: Graph, value: Value, transposed: boolean, batch: boolean): Value {
  if (!transposed && !batch) return value;
  const rank = value.shape.length;
  const axes = value.shape.map((_, axis) => axis);
  const [rows, columns] = [batch ? 0 : rank - 2, rank - 1];
  const perm = [...(batch ? [1] : axes.slice(0, -2)), ...(transposed ? [columns, rows] : [rows, columns])];
  const shape = perm.map((axis) => value.shape[axis]!);
  return graph.node('Transpose', [value], shape, { attributes: { perm } });
}

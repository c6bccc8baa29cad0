/** Builds ONNX graphs: nodes, the operations and layers of a decoder, and reverse-mode differentiation. */
export { gradients } from './autodiff.js';
export { GraphBuilder, type Value } from './builder.js';
export * from './layers.js';
export type { Dimension, ElementType, TensorDescription } from './onnx.js';
export * from './operations.js';

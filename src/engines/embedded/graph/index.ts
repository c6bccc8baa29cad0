/** Builds ONNX graphs: nodes, the operations and layers of a decoder, and reverse-mode differentiation. */
export { accumulate, gradients } from './autodiff.js';
export { type Device, GraphBuilder, type GraphSignature, type Value } from './builder.js';
export { type Feed, type Feeds, isResident, type ResidentFeed, type TensorData } from './feeds.js';
export { type GroupAttentionInputs, type GroupShape, groupAttention } from './group-attention.js';
export {
  attention,
  embedding,
  hiddenScore,
  normalize,
  rmsNorm,
  rotaryRows,
  rotaryTables,
  rotate,
  swiglu,
} from './layers.js';
export type { TensorDescription } from './onnx.js';
export {
  add,
  clip,
  compare,
  concatenate,
  divide,
  exponential,
  firstRows,
  gemm,
  linear,
  minimum,
  multiply,
  negate,
  oneHot,
  reindex,
  reshape,
  split,
  subtract,
  sum,
  toFloat,
  transpose,
} from './operations.js';

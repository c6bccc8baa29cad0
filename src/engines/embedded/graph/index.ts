/** Builds ONNX graphs: nodes, the operations and layers of a decoder, and reverse-mode differentiation. */
export { accumulate, gradients } from './autodiff.js';
export { GraphBuilder, type GraphSignature } from './builder.js';
export { type Feed, type Feeds, isResident, type ResidentFeed, type TensorData } from './feeds.js';
export { groupAttention } from './group-attention.js';
export type { GroupAttentionInputs, GroupShape } from './group-shape.js';
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
export { linear, toSingle, type WeightMatrix } from './linear.js';
export type { TensorDescription } from './onnx.js';
export {
  add,
  choose,
  clip,
  compare,
  concatenate,
  divide,
  exponential,
  firstRows,
  gemm,
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
export type { Device, Value } from './value.js';

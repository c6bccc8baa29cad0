/** How much memory training takes, whichever engine does it: estimates in parts, and the sizes that they depend on. */
export {
  adapterCount,
  describeMemory,
  estimateOf,
  gibibytes,
  largerPart,
  type MemoryEstimate,
  promptTokens,
  sequenceTokens,
} from './estimate.js';
export { type ModelShape, modelShape, parameterCount } from './model-shape.js';

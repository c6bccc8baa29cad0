/** Whether and how the torch engine can run an experiment here: checks, memory, device, versions. */
export { checkTorch } from './checks.js';
export { chooseEngine } from './choose-engine.js';
export {
  adapterCount,
  describeMemory,
  gibibytes,
  type MemoryEstimate,
  type MemoryPart,
  sequenceTokens,
} from './memory.js';
export { type ModelShape, modelShape, parameterCount } from './model-shape.js';
export { asOneProcess, planTorch, type TorchPlan } from './plan.js';

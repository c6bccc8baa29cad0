/** How much memory a run of the embedded engine takes, and what follows for the sizes of its passes: pure, for all who plan. */
export { needsOfEvaluation, needsOfRun } from './device-buffers.js';
export { memoryBytes } from './machine.js';
export { embeddedMemoryWarning, memoryOf, type Place, processorPlace, wantsHalves } from './memory.js';
export {
  goesByLayers,
  type PassSettings,
  passSettings,
  rowsOfHead,
  rowsPerPass,
  sizeOf,
} from './pass-size.js';
export { rowsPerBatch } from './sampling-size.js';
export { dealOut, rowsPerShare, shareCount } from './shares.js';
export { trialPart } from './trial-part.js';

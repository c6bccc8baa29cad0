/** The GPUs of this machine for the embedded engine: what the system shows, what a test in a process of its own finds, and the choice. */
export { chooseDevice } from './choose.js';
export { foreseeDevice, gpuDoubt, memoryWarning } from './foresee.js';
export { type GpuInspection, inspectGpu } from './inspect.js';
export { isSameCard } from './same-card.js';

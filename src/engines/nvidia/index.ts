/** The GPUs that NVIDIA's driver knows, with their memory. */
export { describeGpu, type GpuReport, gpuRemedy, hasGpu, hidesAll, parseGpus, queryGpus } from './gpus.js';

/** The GPUs that NVIDIA's driver knows, with their memory. */
export { describeGpu, type GpuReport, gpuRemedy, hasGpu, hidesAll, queryGpus } from './gpus.js';

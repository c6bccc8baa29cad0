/** The Python environment of the torch engine: interpreters, packages and GPUs found, judged and installed. */
export { type GpuUse, gpuUse } from './free-gpus.js';
export { installEnvironment } from './install.js';
export { type Candidate, type InterpreterHints, interpreterOf, ownEnvironment } from './interpreters.js';
export { missingFor } from './optional-packages.js';
export { type EnvironmentReport, inspectEnvironment } from './report.js';

/** The torch engine's environment: interpreters, packages and GPUs of this machine, found, judged and installed. */
export { type AutoChoice, chooseEngine } from '../plan/choose-engine.js';
export { asOneProcess, EnvironmentError, planTorch, type TorchPlan } from '../plan/plan.js';
export { describeGpu, type Gpu, type GpuReport } from './gpus.js';
export { type InstallOptions, installEnvironment } from './install.js';
export { InstallError } from './install-error.js';
export { type Candidate, type InterpreterHints, interpreterOf, ownEnvironment } from './interpreters.js';
export type { OptionalPackage } from './optional-packages.js';
export type { InterpreterReport } from './probe.js';
export {
  type EnvironmentProblem,
  type EnvironmentReport,
  inspectEnvironment,
  judge,
  type PackageState,
} from './report.js';

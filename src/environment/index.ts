/** The torch engine's environment: interpreters, packages and GPUs of this machine, found, judged and installed. */
export { type AutoChoice, chooseEngine } from './choose-engine.js';
export type { Gpu, GpuReport } from './gpus.js';
export { baseInterpreter, InstallError, type InstallOptions, installEnvironment } from './install.js';
export { type Candidate, type InterpreterHints, interpreterOf, ownEnvironment } from './interpreters.js';
export { asOneProcess, EnvironmentError, planTorch, type TorchPlan } from './plan.js';
export type { InterpreterReport } from './probe.js';
export {
  type EnvironmentProblem,
  type EnvironmentReport,
  inspectEnvironment,
  judge,
  type PackageState,
} from './report.js';

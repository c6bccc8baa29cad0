/** The experiment file: its schema, reading it, and reporting what is wrong with it. */
export { benchmarkNames, type EngineChecks } from './checks.js';
export { ExperimentDocument } from './document.js';
export { type FieldPath, formatPath, written } from './field-path.js';
export { allFields, choicesOf, defaultOf, descriptionOf, fieldNames } from './fields.js';
export { applyFix, difference, type QuickFix, remove, rename, setTo } from './fixes.js';
export { problemsOfIssues } from './issues.js';
export { type LoadOptions, loadExperiment, parseExperiment, readSource } from './load.js';
export { nearestHint, nearestName } from './nearest.js';
export { isOverridden, parseOverride, parsePath, withOverride } from './overrides.js';
export { presetMethods } from './preset.js';
export { ExperimentError, type ExperimentProblem, formatProblem } from './problems.js';
export type { CheckReport, CheckReports } from './reports.js';
export { shippedPolicies } from './resolve.js';
export type { RewardSettings } from './reward-schema.js';
export { pythonReward } from './rewards.js';
export {
  type BenchmarkRequest,
  benchmarkRequestSchema,
  deviceSchema,
  type Experiment,
  experimentSchema,
  methodSchema,
  optimizationSchema,
  type RequestedDevice,
} from './schema.js';
export { sizeLimits } from './sizes.js';
export { linearModules, rowsPerPass, torchSchema } from './torch-schema.js';
export { writeExperiment } from './write.js';

/** The experiment file: its schema, reading it, and reporting what is wrong with it. */
export { benchmarkNames, type CheckReport, type CheckReports, type EngineChecks } from './checks.js';
export { ExperimentDocument, type FieldPath, formatPath } from './document.js';
export { nearestHint, problemsOfIssues } from './issues.js';
export { type LoadOptions, loadExperiment, parseExperiment, readSource } from './load.js';
export { isOverridden, parseOverride, parsePath, withOverride } from './overrides.js';
export { ExperimentError, type ExperimentProblem, formatProblem } from './problems.js';
export {
  type BenchmarkRequest,
  benchmarkRequestSchema,
  type Experiment,
  experimentSchema,
  methodSchema,
  optimizationSchema,
} from './schema.js';
export { sizeLimits } from './sizes.js';
export { rowsPerPass, torchSchema } from './torch-schema.js';

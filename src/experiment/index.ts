/** The experiment file: its schema, reading it, and reporting what is wrong with it. */
export { benchmarkNames, type CheckReport, type CheckReports, type EngineChecks } from './checks.js';
export type { FieldPath } from './document.js';
export { allFields, choicesOf, defaultOf, descriptionOf } from './fields.js';
export { applyFix, difference, type FixChange, type QuickFix, remove, setTo } from './fixes.js';
export { type LoadOptions, loadExperiment, parseExperiment } from './load.js';
export { parseOverride, withOverride } from './overrides.js';
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
export { type WriteOptions, writeExperiment } from './write.js';

/** The experiment file: its schema, reading it, and saying plainly what is wrong with it. */
export { type LoadedExperiment, type LoadOptions, loadExperiment, parseExperiment } from './load.js';
export { ExperimentError, type ExperimentProblem, formatProblem } from './problems.js';
export { shippedPolicies } from './resolve.js';
export { EXPERIMENT_SCHEMA_VERSION, type Experiment, experimentSchema } from './schema.js';

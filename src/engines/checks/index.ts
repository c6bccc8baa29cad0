/** What each engine refuses in an experiment, for all readers of experiment files. */
export { engineChecks } from './engine-checks.js';

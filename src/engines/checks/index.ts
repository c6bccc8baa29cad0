/** What each engine refuses in an experiment, for whoever reads one. */
export { engineChecks } from './engine-checks.js';

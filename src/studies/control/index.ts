/** Beginning, extending, starting and stopping studies. */
export { type BeginOptions, beginStudy, StudyError } from './begin.js';
export { type RunnerPlace, startRunner, stopStudy } from './process.js';

/** Beginning, extending, starting and stopping studies. */
export { type BeginOptions, beginStudy, StudyError } from './begin.js';
export { startRunner, stopStudy } from './process.js';

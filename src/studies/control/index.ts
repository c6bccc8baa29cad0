/** Beginning, extending, starting and stopping studies. */
export { beginStudy } from './begin.js';
export { startRunner, stopStudy } from './process.js';

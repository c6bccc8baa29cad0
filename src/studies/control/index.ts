/** Beginning, extending, starting and stopping studies. */
export { beginStudy, MixtureError, refuseMixture } from './begin.js';
export { startRunner, stopStudy } from './process.js';

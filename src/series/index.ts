/** Series of metrics over steps. Pure. */
export { lowerBound } from './ascending.js';

/** Importing results of other programs: apart from the other actions, which need none of the libraries for it. */
export { importResults } from './import-results.js';

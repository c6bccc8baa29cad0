/** What is done to runs, once for the editor and the terminal: start, resume, stop, evaluate, batch scripts, imports. */
export { createSlurmRun } from './slurm.js';

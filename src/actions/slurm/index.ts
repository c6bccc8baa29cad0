/** Runs that a batch script starts: apart from the other actions, which load no data set and no code of a torch run. */
export { makeSlurmRun } from './make-slurm-run.js';
export { makeStudyScript } from './make-study-script.js';

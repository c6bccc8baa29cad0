/** The torch engine's side of a run that is not Python: its problems, its command line, and its last word. */
export { prepareBenchmark } from './problems.js';
export { createSlurmRun, type SlurmRun } from './slurm-run.js';
export { runTorch } from './torch-run.js';

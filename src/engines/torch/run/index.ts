/** The torch engine's side of a run that is not Python: its problems, its command line, and how it ended. */
export { accelerateConfigOf, ownAccelerateConfig } from './accelerate.js';
export { prepareProblems } from './problems.js';
export { slurmScript } from './slurm.js';
export { slurmArrayScript } from './slurm-array.js';
export { TorchEngine } from './torch-engine.js';

/** The torch engine's side of a run that is not Python: its problems, its command line, and its last word. */
export { evaluateTorch } from './torch-evaluate.js';
export { runTorch } from './torch-run.js';

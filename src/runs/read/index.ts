/** Reading runs: tails, indexes, one run, all runs of a folder, and watching them. */
export { EvaluationIndex } from './evaluation-index.js';
export { GroupIndex } from './group-index.js';
export { findRun, listRuns, updateManifest } from './list.js';
export { LogTail } from './log-tail.js';
export { type RunDelta, RunReader } from './reader.js';
export { readRollouts } from './rollouts.js';
export { scanGroups } from './scan-groups.js';
export { longestSilenceMilliseconds, SignsOfLife } from './signs-of-life.js';
export { JsonLinesTail, LineTail } from './tail.js';
export { RunWatcher } from './watch.js';
export { listRunFolders, type RunsDelta, RunsWatcher, type UnreadableRun } from './watch-all.js';
export { workerOf } from './worker.js';

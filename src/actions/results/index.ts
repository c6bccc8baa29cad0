/** Importing results of other programs, and judging kept responses again: apart from the other actions, which need none of the libraries for it. */
export { importResults } from './import-results.js';
export { type Rejudged, type RejudgedScore, rejudgeFile, rejudgeRun } from './rejudge.js';
export type { RejudgeReply, RejudgeTask } from './rejudge-worker.js';

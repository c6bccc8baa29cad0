/** Logs of other programs, filed as runs: which runs a log holds, and the run folder of each, which grows with it. */
export { findLogs, withMap } from './find.js';
export { type FoundRun, parseMap, type TableMap, UnmappedTable } from './formats/index.js';
export { ImportedRun, importedFolder } from './imported-run.js';
export { LogWatch } from './log-watch.js';

/** Importing logs of other programs, and following them while they grow. */
export { followLogs } from './follow-logs.js';
export { type ImportedLog, importLogs } from './import-logs.js';
export type { LogReply, LogRequest, UnmappedColumns } from './thread-protocol.js';

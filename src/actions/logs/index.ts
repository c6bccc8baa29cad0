/** Importing logs of other programs, and following them while they grow. */
export {
  type FollowHooks,
  followLogs,
  type ImportedLog,
  type ImportHooks,
  importLogs,
} from './import-logs.js';

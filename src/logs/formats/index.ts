/** One reader for each format of logs, behind one contract. */
export { isFolder, isRunFolder, isUnread, namesOf } from './growing.js';
export { harness } from './harness.js';
export {
  type FormatName,
  type FoundRun,
  LogError,
  type LogFormat,
  type LoggedGroup,
  type LogSink,
  type Marks,
  type RunFacts,
  SourceReplaced,
  type TableMap,
  UnmappedTable,
} from './log.js';
export { isTable, table } from './table.js';
export { parseMap } from './table-map.js';
export { tensorboard } from './tensorboard.js';
export { trackio } from './trackio.js';
export { eventsFolder, trl } from './trl.js';
export { verl } from './verl.js';
export { wandb } from './wandb.js';

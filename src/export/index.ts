/** Runs and tables as files that other programs read. */
export { type ExportFormat, exportRecords } from './files.js';
export { type ExportedRecords, exportedRecords } from './run-records.js';
export { type Table, type TableFormat, writeTable } from './table.js';

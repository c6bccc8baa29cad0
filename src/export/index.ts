/** Runs and tables as files that other programs read. */
export { type ExportFormat, exportFormats, exportRecords } from './files.js';
export { type ExportedRecords, exportedRecords } from './run-records.js';
export { type Cell, type Table, type TableFormat, tableFormats, writeTable } from './table.js';

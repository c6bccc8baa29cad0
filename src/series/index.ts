/** Series as columns, and what a page can draw of them. Pure. */
export { lowerBound, SeriesColumns, type SeriesRecord, type StepValues } from './columns.js';
export { LineScanner } from './scan.js';
export { type Slices, type SlicesQuery, slicesOf } from './slices.js';

/** Series as columns, and what a page can draw of them. Pure. */
export { lowerBound, SeriesColumns, type SeriesRecord } from './columns.js';
export { type SeriesSlice, sliceOf } from './slice.js';

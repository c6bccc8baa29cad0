/** What a study has found, from the files of its runs. */
export { estimateRun, type RunEstimate } from './estimate.js';
export { reportStudy, type StudyReport } from './report.js';
export { figureTable, scoreTable } from './tables.js';

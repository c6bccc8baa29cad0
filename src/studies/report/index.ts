/** What a study has found, from the files of its runs; the same figures for any runs in groups. */

export {
  type BenchmarkReport,
  type ReportedArm,
  reportArms,
} from './arms.js';
export { estimateRun, type RunEstimate } from './estimate.js';
export { reportStudy, type StudyReport } from './report.js';
export { type ScoreChoice, type ScoredRun, scoreRun, unlike } from './scores.js';
export { benchmarkTables, figureTable, geometryTable, scoreTable } from './tables.js';

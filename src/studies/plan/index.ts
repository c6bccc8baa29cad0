/** The study file: its schema, its runs, and what is wrong with it. */
export {
  describeDifference,
  type Setting,
  type SettingDifference,
  settingDifferences,
} from './differences.js';
export { type LoadedStudy, loadStudy, parseStudy, type StudyLoadOptions } from './load.js';
export { type Arm, armName, armsOf, type GridPoint, keyOf, type StudyRunKey, seedsOf } from './points.js';
export { differencesFromPlan, runExperiment } from './run-experiment.js';
export { type ScoreMetric, type Study, scoreMetrics } from './schema.js';

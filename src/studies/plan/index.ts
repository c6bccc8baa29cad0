/** The study file: its schema, its runs, and what is wrong with it. */
export {
  describeDifference,
  type Setting,
  type SettingDifference,
  settingDifferences,
} from './differences.js';
export {
  armExperiment,
  type LoadedStudy,
  loadStudy,
  type PlannedArm,
  parseStudy,
  type StudyLoadOptions,
} from './load.js';
export {
  type Arm,
  armName,
  armsOf,
  type GridPoint,
  keyOf,
  runCount,
  type StudyRunKey,
  seedsOf,
} from './points.js';
export { differencesFromPlan, runExperiment, runName } from './run-experiment.js';
export { mostRuns, type ScoreMetric, type Study, scoreMetrics, studySchema } from './schema.js';

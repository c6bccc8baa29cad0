/** The folder of a study: its files, and reading them. */
export { armPlaces } from './arm-places.js';
export {
  STUDY_FOLDER_SCHEMA_VERSION,
  type StudyManifest,
  type StudyRunRecord,
  type StudyState,
  type StudyStatus,
  studiesDirectoryOf,
  studyFiles,
} from './protocol.js';
export {
  findStudy,
  listStudyFolders,
  readStudy,
  runStateOf,
  type ShownStudyState,
  type StudyFolder,
  type StudyRun,
  studyOf,
} from './read.js';
export { recordStudyRun } from './write.js';

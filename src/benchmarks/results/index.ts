/** Results that were computed elsewhere: files of lm-evaluation-harness, and plain responses. */
export { gradeImported, importedRecord, judgedAgain, kindOfGolds, scoreRecord } from './grade.js';
export { type HarnessScore, parseHarnessResults, parseHarnessSamples } from './harness.js';
export { parseResponses } from './responses.js';
export type { ImportedProblem } from './types.js';

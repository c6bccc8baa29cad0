/** Which run of a study is in which folder. */
import { basename, join } from 'node:path';
import { appendLines } from '../../runs/protocol/index.js';
import type { StudyRunKey } from '../plan/index.js';
import { type StudyRunRecord, studyFiles } from './protocol.js';

/** @param runDirectory folder of the run @throws {RunFileError} */
export function recordStudyRun(
  directory: string,
  { variant, point, seed }: StudyRunKey,
  runDirectory: string,
  how: StudyRunRecord['how'],
): void {
  const run = basename(runDirectory);
  const record: StudyRunRecord = { variant, point, seed, run, how, time: Date.now() / 1000 };
  appendLines(join(directory, studyFiles.runs), [record]);
}

/** Runs that a batch script starts, and nobody from here. Pure. */
import { join } from 'node:path';
import { type RunManifest, runFiles } from '../protocol/index.js';

export interface BatchScript {
  file: string;
  /** How the run goes on, for people. */
  message: string;
  hint: string;
}

/** The script that goes on with a run; null for a run that is resumed from here. */
export function batchScriptOf(
  runDirectory: string,
  { waits }: Pick<RunManifest, 'waits'>,
): BatchScript | null {
  if (!waits) return null;
  const file = join(runDirectory, runFiles.batchScript);
  return {
    file,
    message: 'This run is started by its batch script.',
    hint: `Submit ${file} again: it resumes from the newest checkpoint.`,
  };
}

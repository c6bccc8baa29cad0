/** From a checkpoint's folder to its run. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { runFiles } from './paths.js';

/** The run whose checkpoint this folder is, or null. */
export function runOfCheckpoint(folder: string): string | null {
  const run = resolve(folder, '..', '..');
  if (basename(resolve(folder, '..')) !== runFiles.checkpoints) return null;
  return existsSync(join(run, runFiles.manifest)) ? run : null;
}

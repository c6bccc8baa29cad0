/** Where this program lies, and what went wrong said to people. */

import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { KnownError } from '../errors.js';
import { DEFAULT_RUNS_DIRECTORY } from '../runs/protocol/index.js';

/** `dist`, in which the bundled command line and the trainer lie side by side. */
const distDirectory = dirname(realpathSync(process.argv[1] ?? '.'));

export const mediaDirectory = join(distDirectory, '..', 'media');
export const trainerPath = join(distDirectory, 'trainer.cjs');
/** The Python package of the torch engine, which runs from where it lies. */
export const torchPackage = join(distDirectory, '..', 'src', 'torch');

export function version(): string {
  const text = readFileSync(join(distDirectory, '..', 'package.json'), 'utf8');
  return String((JSON.parse(text) as { version: unknown }).version);
}

export function runsDirectory(option: string | undefined): string {
  return resolve(option ?? DEFAULT_RUNS_DIRECTORY);
}

/** An error that the person can do something about: said without a stack. */
export class CommandError extends KnownError {
  override readonly name = 'CommandError';
}

/** Message and hint of an error that a person is meant to read, or null for a defect of this program. */
export function explain(error: unknown): string | null {
  if (!(error instanceof KnownError)) return null;
  return error.hint === '' ? error.message : `${error.message}\n  ${error.hint}`;
}

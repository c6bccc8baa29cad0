/** `run.json` as a trainer needs it: whole, and of a schema that it knows. Readers accept more. */
import { join } from 'node:path';
import { RunFileError } from './files.js';
import { readManifest } from './json.js';
import { runFiles } from './paths.js';
import { type RunManifest, runSchema } from './schema.js';
import { RUN_SCHEMA_VERSION } from './version.js';

/** @throws {RunFileError} when it is missing, broken or of a newer schema */
export async function readRunnableManifest(runDirectory: string): Promise<RunManifest> {
  const file = join(runDirectory, runFiles.manifest);
  const manifest = await readManifest(runDirectory);
  if (manifest.schema > RUN_SCHEMA_VERSION) {
    throw new RunFileError(
      `${file}: schema ${manifest.schema} is newer than this version understands (${RUN_SCHEMA_VERSION}).`,
      'Update G2RL Lab.',
      file,
    );
  }
  const parsed = runSchema.safeParse(manifest);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RunFileError(
    `${file}: ${issue?.path.join('.')}: ${issue?.message}.`,
    'Correct it there, or start the experiment again.',
    file,
  );
}

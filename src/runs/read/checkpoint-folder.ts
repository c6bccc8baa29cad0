/** The checkpoints of a run, listed again when their folder has changed. */
import { join } from 'node:path';
import type { RunSummary } from '../facts/index.js';
import {
  checkpointDirectory,
  errorCode,
  FileSign,
  namesIn,
  parseStepName,
  runFileError,
  runFiles,
} from '../protocol/index.js';

type Checkpoints = RunSummary['checkpoints'];

export class CheckpointFolder {
  readonly #sign = new FileSign();
  #checkpoints: Checkpoints = [];

  constructor(private readonly runDirectory: string) {}

  /** By step; the same list as before when they are the same. @throws {RunFileError} */
  async read(): Promise<Checkpoints> {
    const folder = join(this.runDirectory, runFiles.checkpoints);
    if (await this.#sign.holds(folder)) return this.#checkpoints;
    await this.#sign.look(folder);
    const found = await listCheckpoints(this.runDirectory);
    const isSame =
      found.length === this.#checkpoints.length &&
      found.every(({ step }, index) => step === this.#checkpoints[index]?.step);
    if (!isSame) this.#checkpoints = found;
    return this.#checkpoints;
  }
}

/** Complete checkpoints of a run, by step. They are renamed into place, so a folder of that name is whole. */
export async function listCheckpoints(runDirectory: string): Promise<RunSummary['checkpoints']> {
  const directory = join(runDirectory, runFiles.checkpoints);
  let names: string[];
  try {
    names = await namesIn(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw runFileError(error, 'read', directory);
  }
  return names
    .map(parseStepName)
    .filter((step) => step !== null)
    .sort((a, b) => a - b)
    .map((step) => ({ step, path: checkpointDirectory(runDirectory, step) }));
}

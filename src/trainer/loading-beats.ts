/**
 * The heartbeat while Python loads, which takes minutes on a slow drive. Python continues the same file, and no beat
 * may come after its first status: beats are renamed from a folder that Python removes before it writes, and nothing
 * can be renamed from a folder that is gone.
 */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  errorCode,
  makeFolder,
  type RunStatus,
  readRegularFileSync,
  runFiles,
} from '../runs/protocol/index.js';

export class LoadingBeats {
  readonly #folder: string;
  readonly #status: string;

  /** @throws {RunFileError} */
  constructor(runDirectory: string) {
    this.#folder = join(runDirectory, runFiles.beats);
    this.#status = join(runDirectory, runFiles.status);
    makeFolder(this.#folder);
  }

  /** @returns false once Python writes the status */
  beat(status: RunStatus): boolean {
    const beside = join(this.#folder, runFiles.status);
    try {
      if (this.#isOf(status)) {
        writeFileSync(beside, `${JSON.stringify(status, null, 2)}\n`, { flush: true });
        renameSync(beside, this.#status);
        return true;
      }
    } catch (error) {
      // A full disk, or a reader on Windows: the next beat may come through.
      if (errorCode(error) !== 'ENOENT') return true;
    }
    return false;
  }

  /** Python has ended. */
  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether the file still has what this process wrote; a file that cannot be read counts as its own. */
  #isOf({ startedAt }: RunStatus): boolean {
    try {
      const value = JSON.parse(readRegularFileSync(this.#status)) as { startedAt?: unknown };
      return value.startedAt === startedAt;
    } catch {
      return true;
    }
  }
}

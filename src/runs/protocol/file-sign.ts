/** Whether a file is as it was when it was read, without opening it. */
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What another content changes. */
export const signOf = ({ ino, size, mtimeMs, ctimeMs }: Stats): string =>
  `${ino} ${size} ${mtimeMs} ${ctimeMs}`;

/** Clocks of file systems tick every few milliseconds, some only every two seconds. */
const settledMilliseconds = 2500;

/** Whether a change from now on has another time than the last one: within one tick it may have the same. */
export const isSettled = ({ mtimeMs, ctimeMs }: Stats): boolean =>
  Date.now() - Math.max(mtimeMs, ctimeMs) > settledMilliseconds;

export class FileSign {
  #sign: string | null = null;

  /** @param stats of the file when its reading began */
  keep(stats: Stats): void {
    this.#sign = isSettled(stats) ? signOf(stats) : null;
  }

  clear(): void {
    this.#sign = null;
  }

  /** Whether the file is for certain as it was kept. */
  async holds(file: string): Promise<boolean> {
    if (this.#sign === null) return false;
    try {
      return signOf(await stat(file)) === this.#sign;
    } catch {
      // What is wrong with it shows when it is opened.
      return false;
    }
  }
}

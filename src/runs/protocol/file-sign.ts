/** Whether a file is as it was when it was read, without opening it. */
import type { Stats } from 'node:fs';
import { statQuickly } from './quick-files.js';

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

  /** Keeps what the file is like before it is read. */
  async look(file: string): Promise<void> {
    this.clear();
    try {
      this.keep(await statQuickly(file));
    } catch {
      // As `holds`.
    }
  }

  /** Whether the file is for certain as it was kept. */
  async holds(file: string): Promise<boolean> {
    if (this.#sign === null) return false;
    try {
      return signOf(await statQuickly(file)) === this.#sign;
    } catch {
      // What is wrong with it shows when it is opened.
      return false;
    }
  }
}

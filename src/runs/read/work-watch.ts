/**
 * The files of a run that a process works on, by chokidar: it knows the systems and drives whose own reports are late,
 * doubled or missing. It takes a watcher for each file, so that runs which have ended do without.
 */
import type { FSWatcher } from 'chokidar';
import { matters } from './folder-watch.js';

export class WorkWatch {
  #files: Promise<FSWatcher> | null = null;

  constructor(
    private readonly directory: string,
    private readonly changed: () => void,
  ) {}

  /** @param wanted whether a process works on the run */
  follow(wanted: boolean): void {
    if (wanted === (this.#files !== null)) return;
    if (wanted) {
      this.#files = this.#start();
      return;
    }
    this.#files?.then((files) => files.close()).catch(() => {});
    this.#files = null;
  }

  /** The library is loaded only now. */
  async #start(): Promise<FSWatcher> {
    const { watch } = await import('chokidar');
    const files = watch(this.directory, {
      depth: 1,
      ignoreInitial: true,
      atomic: false,
      // Below the run's folder only: folders above it may have any name.
      ignored: (path) =>
        path.length > this.directory.length && !matters(path.slice(this.directory.length + 1)),
    });
    files.on('all', this.changed);
    // Without a watcher (too many of them on this machine) the poll still reads everything.
    files.on('error', this.changed);
    return files;
  }
}

/** A list of listeners: enough of an event emitter, and typed. */

export interface Subscription {
  dispose(): void;
}

export class Listeners<T> {
  readonly #listeners = new Set<(event: T) => void>();

  add(listener: (event: T) => void): Subscription {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  clear(): void {
    this.#listeners.clear();
  }
}

/**
 * Runs a task whenever asked: never two at a time, at once when idle, and once more some time after the last
 * request, because a file watcher may swallow the last of several changes that follow one another closely.
 */
export class Coalescer {
  #running: Promise<void> | null = null;
  #again = false;
  #trailing: NodeJS.Timeout | null = null;
  #disposed = false;

  constructor(
    private readonly task: () => Promise<void>,
    private readonly trailingMilliseconds: number,
  ) {}

  /** A change was seen. */
  request(): void {
    if (this.#disposed) return;
    void this.run();
    if (this.#trailing) clearTimeout(this.#trailing);
    this.#trailing = setTimeout(() => {
      this.#trailing = null;
      void this.run();
    }, this.trailingMilliseconds);
    this.#trailing.unref();
  }

  /** Resolves when a run of the task that began after this call has ended. */
  async run(): Promise<void> {
    if (this.#disposed) return;
    if (this.#running) {
      this.#again = true;
      await this.#running;
      return;
    }
    this.#running = this.#loop();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#again = false;
    if (this.#trailing) clearTimeout(this.#trailing);
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false;
      await this.task();
    } while (this.#again && !this.#disposed);
  }
}

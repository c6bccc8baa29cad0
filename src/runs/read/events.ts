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

/** One display frame at 60 Hz: nothing is displayed more often. */
const frameMilliseconds = 16;

/**
 * The clock of a reader. Runs a task whenever asked: never two at a time, at most once a frame, at once after a quiet
 * time; and once more some time after the last request, because a file watcher may swallow the last of several changes
 * that follow one another closely.
 */
export class Coalescer {
  #running: Promise<void> | null = null;
  #again = false;
  #timer: NodeJS.Timeout | null = null;
  #disposed = false;
  /** Times of `performance.now()`: the timer's, and of the last begin of the task and the last request. */
  #due = Number.POSITIVE_INFINITY;
  #began = Number.NEGATIVE_INFINITY;
  #requested = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly task: () => Promise<void>,
    private readonly trailingMilliseconds: number,
  ) {}

  /** A change was seen. */
  request(): void {
    this.#requested = performance.now();
    this.#runAt(this.#began + frameMilliseconds);
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
      const settled = this.#requested + this.trailingMilliseconds;
      if (this.#began < settled) this.#runAt(settled);
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#again = false;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #runAt(time: number): void {
    if (this.#disposed || this.#due <= time) return;
    if (this.#timer) clearTimeout(this.#timer);
    const wait = time - performance.now();
    if (wait <= 0) {
      this.#wake();
      return;
    }
    this.#due = time;
    this.#timer = setTimeout(() => this.#wake(), wait);
    this.#timer.unref();
  }

  #wake(): void {
    this.#timer = null;
    this.#due = Number.POSITIVE_INFINITY;
    void this.run();
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false;
      this.#began = performance.now();
      await this.task();
    } while (this.#again && !this.#disposed);
  }
}

/**
 * Runs an action at most once per interval and never loses the last request: the first request after a quiet
 * time runs on the next turn of the event loop, later ones wait for the end of the interval.
 */
export class Throttle {
  #timer: NodeJS.Timeout | undefined;
  #lastRun = Number.NEGATIVE_INFINITY;
  #disposed = false;

  /** @param intervalMilliseconds shortest time between two runs of `action` */
  constructor(
    private readonly intervalMilliseconds: number,
    private readonly action: () => void,
  ) {}

  request(): void {
    if (this.#timer || this.#disposed) return;
    const wait = Math.max(0, this.#lastRun + this.intervalMilliseconds - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#lastRun = performance.now();
      this.action();
    }, wait);
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/** A search that its host answers part by part: what was found so far, and whether it goes on. */
import { errorText } from '../../../src/contract/index.js';

/** A part of the answer, and where to go on from; null when everything was searched. */
export interface SearchPart<Hit> {
  hits: readonly Hit[];
  next: number | null;
}

export class PartialSearch<Hit> {
  hits = $state.raw<readonly Hit[]>([]);
  /** Where the search goes on; null when it is at its end. */
  next = $state<number | null>(null);
  running = $state(false);
  error = $state<string | null>(null);
  readonly #pageOfHits: number;
  #ask: ((from: number) => Promise<SearchPart<Hit>>) | null = null;
  /** Answers to what was asked before the newest change do not count. */
  #round = 0;

  /** @param pageOfHits So many are found before one is asked whether to go on. */
  constructor(pageOfHits = Number.POSITIVE_INFINITY) {
    this.#pageOfHits = pageOfHits;
  }

  /** Starts again, with another question. */
  start(from: number, ask: (from: number) => Promise<SearchPart<Hit>>): void {
    this.clear();
    this.#ask = ask;
    this.next = from;
    void this.goOn();
  }

  /** Goes on until so many more are found, nothing is left, or it is stopped. */
  async goOn(): Promise<void> {
    const ask = this.#ask;
    if (!ask || this.next === null) return;
    const round = ++this.#round;
    const enough = this.hits.length + this.#pageOfHits;
    this.running = true;
    try {
      while (this.next !== null && this.hits.length < enough) {
        const part = await ask(this.next);
        if (round !== this.#round) return;
        this.hits = [...this.hits, ...part.hits];
        this.next = part.next;
      }
    } catch (error) {
      if (round !== this.#round) return;
      this.error = errorText(error);
    }
    this.running = false;
  }

  stop(): void {
    this.#round++;
    this.running = false;
  }

  clear(): void {
    this.stop();
    this.#ask = null;
    this.hits = [];
    this.next = null;
    this.error = null;
  }
}

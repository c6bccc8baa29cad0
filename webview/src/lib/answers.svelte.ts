/** Answers of the host as the page shows them: while they are awaited, when they have come, when there is none. */
import { errorText } from '../../../src/contract/index.js';

/** The result of a question: its answer, or why there is none. */
export type Outcome<Value> = { value: Value; error: null } | { value: null; error: string };

function outcomeOf<Value>(question: Promise<Value>): Promise<Outcome<Value>> {
  return question.then(
    (value) => ({ value, error: null }),
    (error: unknown) => ({ value: null, error: errorText(error) }),
  );
}

/** The newest of questions that follow one another: an older one that is answered later does not count. */
export class Newest<Value> {
  #outcome = $state.raw<Outcome<Value> | null>(null);
  #question: Promise<Value> | null = null;

  get value(): Value | null {
    return this.#outcome?.value ?? null;
  }

  get error(): string | null {
    return this.#outcome?.error ?? null;
  }

  get waiting(): boolean {
    return this.#outcome === null;
  }

  async follow(question: Promise<Value>): Promise<void> {
    this.#question = question;
    this.#outcome = null;
    const outcome = await outcomeOf(question);
    if (this.#question === question) this.#outcome = outcome;
  }
}

/**
 * Answers to a question about steps. Each step is asked once; one that had no answer, again when it is needed again.
 * One question after the other: while one is open, only the newest need is kept. A run whose steps end faster than its
 * host answers would otherwise be shown ever further behind.
 */
export class ByStep<Value> {
  /** Those that came last. */
  held = $state.raw<ReadonlyMap<number, Outcome<Value>>>(new Map());
  readonly #ask: (step: number) => Promise<Value>;
  readonly #heldSteps: number;
  readonly #asked = new Map<number, Promise<Value>>();
  #open: Promise<Value> | null = null;
  #next: number | null = null;

  /** @param heldSteps Whose answers are held: enough to move back and forth without asking again. */
  constructor(ask: (step: number) => Promise<Value>, heldSteps: number) {
    this.#ask = ask;
    this.#heldSteps = heldSteps;
  }

  need(step: number): void {
    this.#next = null;
    if (this.#asked.has(step)) return;
    if (this.#open) {
      this.#next = step;
      return;
    }
    const question = this.#ask(step);
    this.#asked.set(step, question);
    this.#open = question;
    void this.#follow(step, question);
  }

  /** A resumed run samples steps again: what is held of them stays until the new answer, which the next need asks. */
  outdated(steps: Iterable<number>): void {
    for (const step of steps) this.#asked.delete(step);
  }

  /** The host has begun from the start, and may never answer what is open. What is held stays as with `outdated`. */
  begin(): void {
    this.#asked.clear();
    this.#open = null;
    this.#next = null;
  }

  clear(): void {
    this.begin();
    this.held = new Map();
  }

  async #follow(step: number, question: Promise<Value>): Promise<void> {
    await this.#keep(step, question);
    if (this.#open !== question) return;
    this.#open = null;
    if (this.#next !== null) this.need(this.#next);
  }

  async #keep(step: number, question: Promise<Value>): Promise<void> {
    const outcome = await outcomeOf(question);
    if (this.#asked.get(step) !== question) return;
    if (outcome.error !== null) this.#asked.delete(step);
    const others = [...this.held].filter(([other]) => other !== step);
    const [oldest] = others.length < this.#heldSteps ? [] : others.splice(0, 1);
    if (oldest) this.#asked.delete(oldest[0]);
    this.held = new Map([...others, [step, outcome]]);
  }
}

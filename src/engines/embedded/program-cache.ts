import type { GraphBuilder } from './graph/index.js';
import { Program } from './program.js';
import type { RuntimeOptions } from './provider.js';

/** Compiled graphs by key, the least recently used released when there are too many. */
export class ProgramCache {
  readonly #programs = new Map<string, Program>();

  constructor(
    private readonly options: RuntimeOptions,
    private readonly capacity = 12,
  ) {}

  async get(key: string, build: () => GraphBuilder): Promise<Program> {
    const found = this.#programs.get(key);
    const program = found ?? (await Program.compile(build(), this.options));
    // Map keeps insertion order: taking out and putting in again makes it the newest.
    this.#programs.delete(key);
    this.#programs.set(key, program);
    if (this.#programs.size > this.capacity) {
      const [oldest, unused] = this.#programs.entries().next().value!;
      this.#programs.delete(oldest);
      await unused.release();
    }
    return program;
  }

  async release(): Promise<void> {
    for (const program of this.#programs.values()) await program.release();
    this.#programs.clear();
  }
}

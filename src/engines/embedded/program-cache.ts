import type { GraphBuilder } from './graph/index.js';
import { Program, ResidentProgram } from './program.js';
import type { RuntimeOptions } from './provider.js';

/** Compiled graphs by key, the least recently used released when there are too many. */
class Cache<Compiled extends { release(): Promise<void> }> {
  readonly #programs = new Map<string, Compiled>();

  constructor(
    private readonly compile: (graph: GraphBuilder) => Promise<Compiled>,
    private readonly capacity = 12,
  ) {}

  async get(key: string, build: () => GraphBuilder): Promise<Compiled> {
    const found = this.#programs.get(key);
    const program = found ?? (await this.compile(build()));
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

export class ProgramCache extends Cache<Program> {
  constructor(options: RuntimeOptions) {
    super((graph) => Program.compile(graph, options));
  }
}

export class ResidentProgramCache extends Cache<ResidentProgram> {
  constructor(options: RuntimeOptions) {
    super((graph) => ResidentProgram.compile(graph, options));
  }
}

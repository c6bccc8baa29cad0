/** Files of problems for one test file, written to a folder that goes away. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BenchmarkError } from '../../../src/benchmarks/errors.js';
import type { FieldMapping } from '../../../src/benchmarks/fields.js';
import { type LoadOptions, loadBenchmark } from '../../../src/benchmarks/load.js';
import type { Benchmark, BenchmarkReference } from '../../../src/benchmarks/types.js';
import { scratch } from '../../scratch.js';

/** A reference with its fields apart, which reads better in tests. */
type Reference = BenchmarkReference & { fields?: Partial<FieldMapping> };

export interface ProblemFiles {
  directory: string;
  /** Writes a file and returns its path. */
  write(name: string, content: string | Uint8Array): string;
  load(reference: Reference, more?: Partial<LoadOptions>): Promise<AnswersBenchmark>;
  /** The message and the hint of what loading it says. */
  failure(reference: Reference, more?: Partial<LoadOptions>): Promise<string>;
}

export type AnswersBenchmark = Extract<Benchmark, { kind: 'answers' }>;

export function useFiles(): ProblemFiles {
  const directory = scratch('problems');
  const options = { cacheDirectory: join(directory, 'cache'), baseDirectory: directory };
  const files: ProblemFiles = {
    directory,
    write(name, content) {
      const path = join(directory, name);
      writeFileSync(path, content);
      return path;
    },
    async load({ fields, ...reference }, more = {}) {
      const benchmark = await loadBenchmark({ ...reference, ...fields }, { ...options, ...more });
      if (benchmark.kind !== 'answers') throw new Error('not a data set');
      return benchmark;
    },
    async failure(reference, more = {}) {
      try {
        await files.load(reference, more);
      } catch (error) {
        if (error instanceof BenchmarkError) return `${error.message}\n${error.hint}`;
        throw error;
      }
      throw new Error('it was loaded');
    },
  };
  return files;
}

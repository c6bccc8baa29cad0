/** What a benchmark is: its problems, how they are asked and how many responses are taken by default. */
import type { AnswerKind, BenchmarkProblem, Prompt } from '../tasks/index.js';
import type { FieldMapping } from './fields.js';
import type { FileFormat } from './rows.js';

/** The defaults of an evaluation. */
export interface BenchmarkDefaults {
  /** Responses sampled for each problem: n. */
  samples: number;
  /** Scores at k look at this many responses. */
  k: number;
  temperature: number;
}

/** Where the problems came from, for the record. */
export type BenchmarkSource =
  | { kind: 'generated' }
  | { kind: 'file'; path: string; sha256: string }
  | { kind: 'hub'; repository: string; commit: string; path: string; sha256: string };

interface BenchmarkBase {
  /** What results are filed under: `math500`. */
  name: string;
  /** What people call it: `MATH-500`. */
  title: string;
  defaults: BenchmarkDefaults;
  source: BenchmarkSource;
  /** What to know before its scores are compared with others. */
  warnings: readonly string[];
}

/** A loaded benchmark. */
export type Benchmark =
  | (BenchmarkBase & { kind: 'countdown'; problems: readonly Prompt[] })
  | (BenchmarkBase & {
      kind: 'answers';
      answerKind: AnswerKind;
      problems: readonly BenchmarkProblem[];
      /** File and row of each problem, for messages. */
      places: readonly string[];
    });

/**
 * A benchmark as an experiment names it: one of the registry, a local file with its fields, or a local copy of a
 * known one. Fields not given are the registry's for a known name, else those of the same names, of which only
 * `problem` and `answer` must be there.
 */
export type BenchmarkReference = {
  /** Name in the registry, or a free name for a file; default: the file's name without its ending. */
  name?: string | undefined;
  /** Path of a JSON Lines, JSON, CSV, TSV or parquet file. */
  file?: string | undefined;
  /** Default: by the file's extension. */
  format?: FileFormat | undefined;
} & { [Role in keyof FieldMapping]?: FieldMapping[Role] | undefined };

/** What every format of logs offers, and what a log gives. */
import { KnownError } from '../../errors.js';

/** A log is damaged, of another schema, or cannot be read. The message names file, and line or offset. */
export class LogError extends KnownError {
  override readonly name = 'LogError';
}

/** A table says nowhere which of its columns is the step. */
export class UnmappedTable extends LogError {
  constructor(
    message: string,
    hint: string,
    readonly file: string,
    /** Columns with numbers, and with texts, in the order of the file. */
    readonly columns: { numbers: string[]; texts: string[] },
  ) {
    super(message, hint);
  }
}

/** Which columns of a table are what. */
export interface TableMap {
  step?: string;
  time?: string;
  prompt?: string;
  completion?: string;
  /** One column, or several: their sum is the reward. */
  reward?: string;
}

export const formatNames = [
  'trl',
  'verl',
  'tensorboard',
  'trackio',
  'wandb',
  'lm-evaluation-harness',
  'table',
] as const;
export type FormatName = (typeof formatNames)[number];

/** A run that was found in a log, before it is read. */
export interface FoundRun {
  format: FormatName;
  /** Absolute path of the folder or file. */
  source: string;
  /** Which run of the source; empty where it holds one. */
  run: string;
  name: string;
  /** Unix time, milliseconds. */
  created: number;
  /** Of a table, as a person has said. */
  map?: TableMap;
}

/** What is known of a run besides its series; later facts replace earlier ones. */
export interface RunFacts {
  totalSteps?: number;
  /** The configuration as its program wrote it. */
  settings?: Readonly<Record<string, unknown>>;
  tags?: readonly string[];
  notes?: string;
}

export interface LoggedResponse {
  text: string;
  /** Null when no reward has a value. */
  reward: number | null;
  /** By name, where a log has several. */
  rewards?: Readonly<Record<string, number | null>>;
  advantage?: number;
  answer?: string;
  /** Tokens. */
  length?: number;
}

export interface LoggedGroup {
  prompt: string;
  responses: LoggedResponse[];
}

/** How far a log was read, as JSON: what a reader needs to go on. */
export type Marks = Record<string, number | string>;

/** Takes what a reader finds. */
export interface LogSink {
  facts(facts: RunFacts): void;
  /** @param time Unix time in seconds, where the log has it */
  values(step: number, time: number | null, values: Iterable<readonly [name: string, value: number]>): void;
  /** The training goes on from this step: values of it and of later ones that were given before do not count. */
  resumed(step: number): void;
  /** @param replaces whether they are all groups of the step so far, and not further ones */
  groups(step: number, groups: readonly LoggedGroup[], replaces: boolean): void;
  /** Scores of another program of evaluation. @param step of the policy */
  results(file: string, step: number): Promise<void>;
  /** What could not be taken, with its place: a sentence for people. */
  skipped(text: string): void;
  /** @param share of what there is, 0 to 1 */
  progress(share: number): void;
}

export interface LogFormat {
  name: FormatName;
  /** As people know it. */
  title: string;
  /** How many folders down the files of a run may stand, where its source is a folder. */
  depth: number;
  /** The runs that a file or folder holds; none for one of another format. @throws LogError */
  find(path: string): Promise<FoundRun[]>;
  /**
   * Gives what is new since the marks, and moves them on. What is cut off at the end is left for the next time.
   * @throws LogError
   * @throws SourceReplaced when what was read before is no longer there
   */
  read(run: FoundRun, marks: Marks, sink: LogSink, signal: AbortSignal): Promise<void>;
}

/** The log is another one than before: it is read from the start. */
export class SourceReplaced extends Error {}

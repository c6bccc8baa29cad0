/** The groups of an imported run: `groups.jsonl` and `rollouts/`. What a log does not say stays empty. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  appendLines,
  type GroupRecord,
  makeFolderWithin,
  type RolloutRecord,
  readRegularFileSync,
  rolloutsFile,
  runFiles,
} from '../runs/protocol/index.js';
import { RunWriter } from '../runs/write/index.js';
import type { LoggedGroup } from './formats/index.js';

/** Prompts are compared over the steps, and most logs give them no id. */
const promptId = (prompt: string): string => createHash('sha256').update(prompt).digest('hex').slice(0, 12);

/** The values where every response has one. */
function listOf<T>(values: readonly (T | undefined)[]): T[] {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : [];
}

function groupRecord(step: number, group: number, { prompt, responses }: LoggedGroup): GroupRecord {
  const leftOut = responses.flatMap(({ reward }, index) => (reward === null ? [index] : []));
  const names = [...new Set(responses.flatMap(({ rewards }) => Object.keys(rewards ?? {})))];
  const components = Object.fromEntries(
    names.map((name) => [name, responses.map(({ rewards }) => rewards?.[name] ?? null)]),
  );
  return {
    step,
    group,
    prompt_id: promptId(prompt),
    prompt,
    m: responses.length,
    rewards: responses.map(({ reward }) => reward ?? 0),
    ...(names.length > 0 && { components }),
    ...(leftOut.length > 0 && { left_out: leftOut }),
    shaped: [],
    scalers: [],
    exploration: [],
    advantages: listOf(responses.map(({ advantage }) => advantage)),
    lengths: listOf(responses.map(({ length }) => length)),
    answers: listOf(responses.map(({ answer }) => answer)),
    similarity: [],
  };
}

const rolloutRecord = (step: number, group: number, { prompt, responses }: LoggedGroup): RolloutRecord => ({
  step,
  group,
  prompt_id: promptId(prompt),
  prompt,
  responses: responses.map(({ text, answer, reward, rewards }) => ({
    text,
    answer: answer ?? '',
    reward: reward ?? 0,
    ...(rewards && Object.keys(rewards).length > 0 && { rewards }),
    reason: '',
  })),
});

export class GroupFile {
  readonly #writer: RunWriter;
  /** Groups of each step so far. */
  readonly #counts = new Map<number, number>();

  constructor(private readonly directory: string) {
    this.#writer = new RunWriter(directory);
  }

  /** Bytes in `groups.jsonl`. */
  get size(): number {
    const file = join(this.directory, runFiles.groups);
    return existsSync(file) ? statSync(file).size : 0;
  }

  /** @param replaces whether they are all of the step so far @throws RunFileError */
  put(step: number, groups: readonly LoggedGroup[], replaces: boolean): void {
    const first = replaces ? 0 : this.#countOf(step);
    const rollouts = groups.map((group, index) => rolloutRecord(step, first + index, group));
    if (first === 0) this.#writer.writeRollouts(step, rollouts);
    else {
      const file = rolloutsFile(this.directory, step);
      makeFolderWithin(dirname(file));
      appendLines(file, rollouts);
    }
    this.#writer.appendGroups(groups.map((group, index) => groupRecord(step, first + index, group)));
    this.#counts.set(step, first + groups.length);
  }

  #countOf(step: number): number {
    const known = this.#counts.get(step);
    if (known !== undefined) return known;
    const file = rolloutsFile(this.directory, step);
    if (!existsSync(file)) return 0;
    return readRegularFileSync(file, Number.POSITIVE_INFINITY).split('\n').length - 1;
  }
}

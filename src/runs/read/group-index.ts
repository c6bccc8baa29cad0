/** `groups.jsonl` by step: only where its lines are is kept, the records are read when someone looks. */
import { mergeSteps } from '../facts/index.js';
import {
  errorCode,
  type GroupRecord,
  type JsonObject,
  openRegularFile,
  parseObject,
  runFileError,
} from '../protocol/index.js';
import { LineTail } from './tail.js';

/** How writers start a line, Python's with spaces; parsing all of it only to learn two numbers would cost much. */
const lineStart = /^\{\s*"step":\s*(\d+),\s*"group":\s*(\d+),/;
const closingBrace = 0x7d;

/** Whether the lists of a record have the lengths that its m asks for. What a log of another program lacks is empty. */
export function isGroup(value: JsonObject): boolean {
  const { m } = value;
  const isList = (name: string, ...lengths: number[]) =>
    Array.isArray(value[name]) && lengths.includes(value[name].length);
  return (
    typeof m === 'number' &&
    Number.isInteger(value.step) &&
    Number.isInteger(value.group) &&
    isList('rewards', m) &&
    ['shaped', 'scalers', 'exploration', 'advantages', 'lengths', 'answers'].every((name) =>
      isList(name, m, 0),
    ) &&
    isList('similarity', (m * (m - 1)) / 2, 0)
  );
}

export class GroupIndex {
  readonly #tail: LineTail;
  readonly #lines = new LinePlaces();
  #steps: readonly number[] = [];
  skippedLines = 0;

  constructor(file: string) {
    this.#tail = new LineTail(file);
  }

  /** Steps that have groups, ascending. */
  steps(): readonly number[] {
    return this.#steps;
  }

  /**
   * Takes in what was added. `steps` are those with new lines, ascending.
   * @param most bytes to read at most; `more` says whether some are left
   * @throws {RunFileError}
   */
  async read(most?: number): Promise<{ steps: readonly number[]; reset: boolean; more: boolean }> {
    const added = new Set<number>();
    let reset = false;
    const more = await this.#tail.read(
      {
        reset: () => {
          reset = true;
          added.clear();
          this.#lines.clear();
          this.#steps = [];
          this.skippedLines = 0;
        },
        line: (bytes, offset) => {
          const key = groupKey(bytes);
          if (!key) {
            this.skippedLines++;
            return;
          }
          this.#lines.add({ ...key, offset, length: bytes.length });
          added.add(key.step);
        },
      },
      most,
    );
    const steps = [...added].sort((a, b) => a - b);
    this.#steps = mergeSteps(this.#steps, steps);
    return { steps, reset, more };
  }

  /** The groups of a step by their number; empty when it has none. @throws {RunFileError} */
  async groups(step: number): Promise<GroupRecord[]> {
    const places = this.#lines.of(step);
    if (places.length === 0) return [];
    try {
      const { handle } = await openRegularFile(this.#tail.file);
      try {
        const records: GroupRecord[] = [];
        for (const { offset, length } of places) {
          const bytes = Buffer.alloc(length);
          await handle.read(bytes, 0, length, offset);
          const value = parseObject(bytes);
          if (value && isGroup(value)) records.push(value as GroupRecord);
        }
        return records;
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw runFileError(error, 'read', this.#tail.file);
    }
  }
}

interface LinePlace {
  step: number;
  group: number;
  offset: number;
  length: number;
}

const fieldsOfLine = 4;
const firstLines = 256;

/** Where lines are, four numbers a line in the order of writing: a run of 10⁶ steps has many millions of them. */
class LinePlaces {
  /** Of most runs nobody looks at the groups. */
  #numbers = new Float64Array(0);
  #end = 0;

  clear(): void {
    this.#end = 0;
  }

  add({ step, group, offset, length }: LinePlace): void {
    if (this.#end === this.#numbers.length) {
      const lines = Math.max(firstLines, Math.ceil((1.5 * this.#end) / fieldsOfLine));
      const numbers = new Float64Array(lines * fieldsOfLine);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    this.#numbers[this.#end++] = step;
    this.#numbers[this.#end++] = group;
    this.#numbers[this.#end++] = offset;
    this.#numbers[this.#end++] = length;
  }

  /** Of a step the newest line of each group, by their number: a resumed run writes a step again. */
  of(step: number): LinePlace[] {
    const found = new Map<number, LinePlace>();
    for (let at = 0; at < this.#end; at += fieldsOfLine) {
      if (this.#numbers[at] !== step) continue;
      const [group = 0, offset = 0, length = 0] = this.#numbers.subarray(at + 1, at + fieldsOfLine);
      found.set(group, { step, group, offset, length });
    }
    return [...found.values()].sort((a, b) => a.group - b.group);
  }
}

export function groupKey(bytes: Buffer): { step: number; group: number } | null {
  const match = lineStart.exec(bytes.toString('latin1', 0, 48));
  if (match && bytes[bytes.length - 1] === closingBrace) {
    return { step: Number(match[1]), group: Number(match[2]) };
  }
  const value = parseObject(bytes);
  if (!value || !isGroup(value)) return null;
  return { step: Number(value.step), group: Number(value.group) };
}

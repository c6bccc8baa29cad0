/** `groups.jsonl` by step: only where its lines are is kept, the records are read when someone looks. */
import {
  errorCode,
  type GroupRecord,
  type JsonObject,
  openRegularFile,
  parseObject,
  runFileError,
} from '../protocol/index.js';
import { LineTail } from './tail.js';

interface ByteRange {
  offset: number;
  length: number;
}

/** How writers start a line, Python's with spaces; parsing all of it only to learn two numbers would cost much. */
const lineStart = /^\{\s*"step":\s*(\d+),\s*"group":\s*(\d+),/;
const closingBrace = 0x7d;

/** Whether the lists of a record have the lengths that its m asks for. */
function isGroup(value: JsonObject): boolean {
  const { m } = value;
  const isList = (name: string, length: number) =>
    Array.isArray(value[name]) && value[name].length === length;
  return (
    typeof m === 'number' &&
    Number.isInteger(value.step) &&
    Number.isInteger(value.group) &&
    ['rewards', 'shaped', 'scalers', 'exploration', 'advantages', 'lengths', 'answers'].every((name) =>
      isList(name, m),
    ) &&
    isList('similarity', (m * (m - 1)) / 2)
  );
}

export class GroupIndex {
  readonly #tail: LineTail;
  /** For each step the newest line of each group: a resumed run writes a step again. */
  readonly #ranges = new Map<number, Map<number, ByteRange>>();
  skippedLines = 0;

  constructor(file: string) {
    this.#tail = new LineTail(file);
  }

  /** Steps that have groups, ascending. */
  steps(): number[] {
    return [...this.#ranges.keys()].sort((a, b) => a - b);
  }

  /** Takes in what was added. `steps` are those with new lines, ascending. @throws {RunFileError} */
  async read(): Promise<{ steps: number[]; reset: boolean }> {
    const added = new Set<number>();
    let reset = false;
    await this.#tail.read({
      reset: () => {
        reset = true;
        added.clear();
        this.#ranges.clear();
        this.skippedLines = 0;
      },
      line: (bytes, offset) => {
        const key = groupKey(bytes);
        if (!key) {
          this.skippedLines++;
          return;
        }
        const groups = this.#ranges.get(key.step) ?? new Map<number, ByteRange>();
        groups.set(key.group, { offset, length: bytes.length });
        this.#ranges.set(key.step, groups);
        added.add(key.step);
      },
    });
    return { steps: [...added].sort((a, b) => a - b), reset };
  }

  /** The groups of a step by their number; empty when it has none. @throws {RunFileError} */
  async groups(step: number): Promise<GroupRecord[]> {
    const ranges = [...(this.#ranges.get(step) ?? [])].sort(([a], [b]) => a - b);
    if (ranges.length === 0) return [];
    try {
      const { handle } = await openRegularFile(this.#tail.file);
      try {
        const records: GroupRecord[] = [];
        for (const [, { offset, length }] of ranges) {
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

function groupKey(bytes: Buffer): { step: number; group: number } | null {
  const match = lineStart.exec(bytes.toString('latin1', 0, 48));
  if (match && bytes[bytes.length - 1] === closingBrace) {
    return { step: Number(match[1]), group: Number(match[2]) };
  }
  const value = parseObject(bytes);
  if (!value || !isGroup(value)) return null;
  return { step: Number(value.step), group: Number(value.group) };
}

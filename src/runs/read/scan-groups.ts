/** Every group of a run, read once from the start of its file: for what is asked of the whole run. */
import { join } from 'node:path';
import { type GroupRecord, parseObject, runFiles } from '../protocol/index.js';
import { groupKey, isGroup } from './group-index.js';
import { LineTail } from './tail.js';

/** Bytes between two looks at the clock. */
const partBytes = 8 * 2 ** 20;

interface GroupListener {
  /** The file is another one: what was read before no longer counts. */
  reset(): void;
  /** Of a group that a resumed run sampled again the later one counts. `line` is 1 for the first of the file. */
  group(record: GroupRecord, line: number): void;
  /** Whether the group is wanted: others are not parsed. */
  wants?(step: number): boolean;
}

/**
 * @param milliseconds after which no further part is read; null for no limit
 * @returns lines that are no groups, and whether a part of the file was not reached
 * @throws {RunFileError}
 */
export async function scanGroups(
  runDirectory: string,
  listener: GroupListener,
  milliseconds: number | null = null,
): Promise<{ damaged: number; more: boolean }> {
  const tail = new LineTail(join(runDirectory, runFiles.groups));
  const end = milliseconds === null ? Number.POSITIVE_INFINITY : performance.now() + milliseconds;
  let damaged = 0;
  const lines = {
    reset: () => {
      damaged = 0;
      listener.reset();
    },
    line: (bytes: Buffer, _offset: number, number: number) => {
      const key = groupKey(bytes);
      if (key && listener.wants?.(key.step) === false) return;
      const value = key && parseObject(bytes);
      if (value && isGroup(value)) listener.group(value as GroupRecord, number);
      else damaged++;
    },
  };
  let more = true;
  while (more && performance.now() < end) more = await tail.read(lines, partBytes);
  return { damaged, more };
}

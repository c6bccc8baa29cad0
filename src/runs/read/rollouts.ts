/** `rollouts/step-NNNNNN.jsonl`: the texts of a step, as many as a page can show. */
import type { StepRollouts } from '../facts/index.js';
import { type JsonObject, parseObject, type RolloutRecord } from '../protocol/index.js';
import { LineTail } from './tail.js';

/** Of the lines that are shown. The first one is shown however long it is. */
const shownBytes = 32 * 2 ** 20;

export function isRollout(value: JsonObject): boolean {
  return Number.isInteger(value.step) && Number.isInteger(value.group) && Array.isArray(value.responses);
}

/** Of a repeated group the last record counts. A file that is not there holds none. @throws {RunFileError} */
export async function readRollouts(file: string): Promise<StepRollouts> {
  const groups = new Map<number, RolloutRecord>();
  let bytesRead = 0;
  let more = 0;
  await new LineTail(file).read({
    reset: () => {},
    line: (bytes) => {
      bytesRead += bytes.length;
      // An empty one was too long to be held.
      if (bytes.length === 0 || (bytesRead > shownBytes && groups.size > 0)) {
        more++;
        return;
      }
      const value = parseObject(bytes);
      if (value && isRollout(value)) groups.set(Number(value.group), value as RolloutRecord);
    },
  });
  return { groups: [...groups.values()].sort((a, b) => a.group - b.group), more };
}

/** `rollouts/step-NNNNNN.jsonl`: the texts of a step, as many as a page can show. */
import type { StepRollouts } from '../facts/index.js';
import { type JsonObject, parseObject, type RolloutRecord } from '../protocol/index.js';
import { LineTail } from './tail.js';

/** Of the lines that are shown. The first one is shown however long it is. */
const shownBytes = 32 * 2 ** 20;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A line as a record; what another writer left out of it is empty. Null when it is none. */
export function rolloutOf(bytes: Buffer): RolloutRecord | null {
  const value = parseObject(bytes);
  if (!value || !Array.isArray(value.responses)) return null;
  if (!Number.isInteger(value.step) || !Number.isInteger(value.group)) return null;
  return {
    ...value,
    step: Number(value.step),
    group: Number(value.group),
    prompt_id: textOf(value.prompt_id),
    prompt: textOf(value.prompt),
    responses: value.responses.map(responseOf),
  };
}

function responseOf(value: unknown): RolloutRecord['responses'][number] {
  const { finished, ...given }: JsonObject =
    typeof value === 'object' && value !== null ? (value as JsonObject) : {};
  return {
    ...given,
    text: textOf(given.text),
    answer: textOf(given.answer),
    reward: typeof given.reward === 'number' ? given.reward : Number.NaN,
    ...(typeof finished === 'boolean' && { finished }),
    reason: textOf(given.reason),
  };
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
      const record = rolloutOf(bytes);
      if (record) groups.set(record.group, record);
    },
  });
  return { groups: [...groups.values()].sort((a, b) => a.group - b.group), more };
}

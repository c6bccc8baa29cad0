/** Search through the texts of all steps, the newest first, part by part: a page shows what was found so far. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { excerptOf, type FoundResponses, type ResponseHit, searchPattern } from '../facts/index.js';
import {
  errorCode,
  parseStepName,
  type RolloutRecord,
  RunFileError,
  rolloutsFile,
  runFileError,
  runFiles,
} from '../protocol/index.js';
import { rolloutOf } from './rollouts.js';
import { LineTail } from './tail.js';

/** How long a part takes before its page hears of it; a file that was begun is read to its end. */
const partMilliseconds = 150;
/** Hits of a step that are named; the rest are counted. */
const namedHits = 200;

/** Steps up to `from` that have texts, the newest first. @throws {RunFileError} */
async function stepsBefore(runDirectory: string, from: number): Promise<number[]> {
  const directory = join(runDirectory, runFiles.rollouts);
  try {
    const names = await readdir(directory);
    return names
      .flatMap((name) =>
        name.endsWith('.jsonl') ? (parseStepName(name.slice(0, -'.jsonl'.length)) ?? []) : [],
      )
      .filter((step) => step <= from)
      .sort((a, b) => b - a);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw runFileError(error, 'read', directory);
  }
}

function hitsOf(step: number, record: RolloutRecord, pattern: RegExp, line: number): ResponseHit[] {
  const { group, prompt, responses } = record;
  const inPrompt = excerptOf(prompt, pattern);
  return [
    ...(inPrompt === null ? [] : [{ step, group, response: null, excerpt: inPrompt, line }]),
    ...responses.flatMap(({ text, answer, reason }, index) => {
      const excerpt = excerptOf(text, pattern) ?? excerptOf(answer, pattern) ?? excerptOf(reason, pattern);
      return excerpt === null ? [] : [{ step, group, response: index, excerpt, line }];
    }),
  ];
}

/** Line by line; of a repeated group the last line counts. @throws {RunFileError} */
async function hitsOfStep(runDirectory: string, step: number, pattern: RegExp): Promise<ResponseHit[]> {
  const groups = new Map<number, ResponseHit[]>();
  await new LineTail(rolloutsFile(runDirectory, step)).read({
    reset: () => groups.clear(),
    line: (bytes, _offset, number) => {
      const record = rolloutOf(bytes);
      if (record) groups.set(record.group, hitsOf(step, record, pattern, number));
    },
  });
  return [...groups].sort(([a], [b]) => a - b).flatMap(([, hits]) => hits);
}

/** The hits of the step `from` and of those before it, until a moment has passed. @throws {RunFileError} of the folder */
export async function findResponses(
  runDirectory: string,
  text: string,
  from: number,
): Promise<FoundResponses> {
  const found: FoundResponses = { hits: [], omitted: 0, unread: 0, next: null };
  const pattern = searchPattern(text);
  if (!pattern) return found;
  const steps = await stepsBefore(runDirectory, from);
  const end = performance.now() + partMilliseconds;
  for (const step of steps) {
    if (performance.now() > end) return { ...found, next: step };
    try {
      const hits = await hitsOfStep(runDirectory, step, pattern);
      found.hits.push(...hits.slice(0, namedHits));
      found.omitted += Math.max(0, hits.length - namedHits);
    } catch (error) {
      if (!(error instanceof RunFileError)) throw error;
      found.unread++;
    }
  }
  return found;
}

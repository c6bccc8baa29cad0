/** Questions about texts: what was sampled while training, and the log of the trainer. */
import { basename, join } from 'node:path';
import { z } from 'zod';
import { longestSearch, type ResponseHit, searchPattern } from '../runs/facts/index.js';
import { errorCode, rolloutsFile, runFileError, runFiles } from '../runs/protocol/index.js';
import { LogTail } from '../runs/read/index.js';
import { openRun } from './open.js';
import {
  clip,
  cut,
  define,
  leftOut,
  limitArgument,
  placeAnswer,
  QueryError,
  runArgument,
  stepArgument,
} from './query.js';

export const textArgument = z
  .string()
  .max(longestSearch)
  .refine((text) => searchPattern(text) !== null, 'it is blank')
  .describe('Text to find, letter by letter, in any case');

export const responses = define('responses', {
  about: 'Responses and prompts of the training that hold a text, newest step first (texts that were kept)',
  arguments: {
    run: runArgument,
    text: textArgument,
    from: stepArgument.optional().describe('Step to search backwards from'),
    limit: limitArgument(20, 200),
  },
  answer: {
    run: z.string(),
    directory: z.string(),
    found: z.array(
      z.object({
        step: z.int(),
        group: z.int(),
        response: z.int().nullable().describe('Its place in the group, from 0; null for the prompt'),
        excerpt: z.string(),
        at: placeAnswer,
      }),
    ),
    note: z.string().optional(),
    unread_files: z.int().describe('Files that could not be read'),
    searched_to: z.int().nullable().describe('Steps before this one were not searched; null when all were'),
    ...leftOut,
  },
  async ask(context, { run: query, text, from = Number.MAX_SAFE_INTEGER, limit }) {
    const run = await openRun(context, query);
    const end = performance.now() + context.patience;
    const hits: ResponseHit[] = [];
    let [omitted, unread, next] = [0, 0, from as number | null];
    while (next !== null && hits.length < limit && performance.now() < end) {
      const part = await run.findResponses(text, next);
      hits.push(...part.hits);
      omitted += part.omitted;
      unread += part.unread;
      next = part.next;
    }
    const { items } = cut(hits, limit, '');
    const left = hits.length - items.length + omitted;
    // The rest of a step that was cut through is found from that step on.
    const last = items.at(-1)?.step;
    const goOn = left > 0 ? last : next;
    return {
      run: run.summary.id,
      directory: run.directory,
      found: items.map(({ line, excerpt, ...hit }) => ({
        ...hit,
        excerpt: clip(excerpt, 400),
        at: `${join(runFiles.rollouts, basename(rolloutsFile(run.directory, hit.step)))}:${line}`,
      })),
      ...(run.summary.manifest.experiment.rollout.keep === 'none' && {
        note: 'This run keeps no texts of its training: rollout.keep. Those of its evaluations are found by "problems".',
      }),
      unread_files: unread,
      searched_to: next,
      left_out: left,
      ...(goOn !== null && goOn !== undefined && { more: `from=${goOn}, or a larger limit` }),
    };
  },
});

export const log = define('log', {
  about: "The end of the trainer's log, or its lines that hold a text",
  arguments: {
    run: runArgument,
    text: textArgument.optional(),
    lines: z.int().min(1).max(400).default(40).describe('Lines to give, at most 400'),
  },
  answer: {
    run: z.string(),
    file: z.string(),
    lines: z.array(z.string()),
    first_line: z
      .int()
      .nullable()
      .describe('Number of the first line; null where only the end of the file was read'),
    ...leftOut,
  },
  async ask(context, { run: query, text, lines: most }) {
    const run = await openRun(context, query);
    const tail = new LogTail(run.directory);
    const piece = await tail.read().catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT')
        throw new QueryError(
          `${run.summary.id} has no log.`,
          run.summary.manifest.imported
            ? `It was imported from ${run.summary.manifest.imported.source}.`
            : 'Its trainer has not been started from here.',
        );
      throw runFileError(error, 'read', tail.file);
    });
    const pattern = text === undefined ? null : searchPattern(text);
    const all = piece.text.replace(/\n$/, '').split('\n');
    const numbered = all.map((line, index) => ({ line, number: index + 1 }));
    const found = pattern ? numbered.filter(({ line }) => pattern.test(line)) : numbered;
    const shown = found.slice(-most);
    const left = found.length - shown.length;
    return {
      run: run.summary.id,
      file: tail.file,
      lines: shown.map(({ line, number }) => {
        const place = pattern && piece.skippedBytes === 0 ? `${runFiles.log}:${number}: ` : '';
        return `${place}${clip(line, 500)}`;
      }),
      first_line: piece.skippedBytes === 0 ? (shown[0]?.number ?? null) : null,
      left_out: left,
      ...((left > 0 || piece.skippedBytes > 0) && {
        more:
          piece.skippedBytes > 0
            ? `more lines, or a text; the first ${piece.skippedBytes} bytes were not read: open the file`
            : 'more lines, or a text',
      }),
    };
  },
});

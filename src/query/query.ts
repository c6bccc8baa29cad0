/** What a question about runs is: its arguments and its answer as schemas, checked for whoever asks. */
import { z } from 'zod';
import { KnownError } from '../errors.js';
import { nearestName } from '../experiment/index.js';

/** What was asked cannot be answered: an argument is wrong, or names what is not there. */
export class QueryError extends KnownError {
  override readonly name = 'QueryError';
}

export interface QueryContext {
  /** Folder of the runs. */
  root: string;
  /** Milliseconds that a search through large files may take; what is not reached then is reported as left out. */
  patience: number;
}

export interface Query {
  /** One sentence for people and agents. */
  about: string;
  arguments: z.ZodObject;
  answer: z.ZodObject;
  /** @throws {QueryError} for wrong arguments, {KnownError} for what cannot be read */
  ask(context: QueryContext, given: unknown): Promise<Record<string, unknown>>;
}

/** A larger answer is an error that says how to ask for less: who reads it may have to hold all of it. */
const longestAnswer = 256 * 1024;

export function define<A extends z.ZodRawShape, R extends z.ZodRawShape>(
  name: string,
  query: {
    about: string;
    arguments: A;
    answer: R;
    ask(
      context: QueryContext,
      given: z.infer<z.ZodObject<A, z.core.$strict>>,
    ): Promise<z.infer<z.ZodObject<R>>>;
  },
): Query {
  const shape = z.strictObject(query.arguments);
  return {
    about: query.about,
    arguments: shape,
    answer: z.object(query.answer),
    ask: async (context, given) => {
      const parsed = shape.safeParse(given ?? {});
      if (!parsed.success) throw wrongArgument(name, parsed.error, Object.keys(query.arguments));
      const answer = await query.ask(context, parsed.data);
      const length = JSON.stringify(answer).length;
      if (length <= longestAnswer) return answer;
      throw new QueryError(
        `The answer to ${name} would have ${Math.ceil(length / 1024)} KB; at most ${longestAnswer / 1024} KB are given.`,
        'Ask for less: a smaller limit, fewer metrics, or a range of steps.',
      );
    },
  };
}

function wrongArgument(name: string, { issues }: z.ZodError, known: readonly string[]): QueryError {
  const [issue] = issues;
  const list = known.length > 0 ? `It takes ${known.join(', ')}.` : 'It takes no arguments.';
  if (issue?.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const nearest = nearestName(key, known);
    return new QueryError(
      `${name} has no argument "${key}".`,
      nearest === undefined ? list : `Did you mean "${nearest}"? ${list}`,
    );
  }
  return new QueryError(`${name}: ${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'wrong'}.`, list);
}

/** Of a name that is not among the known ones: it, and the nearest of them. */
export function unknownName(kind: string, name: string, known: readonly string[]): QueryError {
  const nearest = nearestName(name, known);
  const shown = known.slice(0, 20).join(', ');
  const list = `There ${known.length === 1 ? 'is' : 'are'} ${shown}${known.length > 20 ? ', …' : ''}.`;
  return new QueryError(
    `There is no ${kind} "${name}".`,
    known.length === 0 ? '' : nearest === undefined ? list : `Did you mean "${nearest}"? ${list}`,
  );
}

export const runArgument = z.string().min(1).describe('The run: its folder, its id, or a part of the id');
export const stepArgument = z.int().min(0);

/** How many items an answer names. */
export const limitArgument = (usual: number, most: number) =>
  z.int().min(1).max(most).default(usual).describe(`Items to name, at most ${most}`);

/** What every answer with a list says of what is not in it. */
export const leftOut = {
  left_out: z.int().describe('Items that are not in this answer'),
  more: z.string().optional().describe('How to get them'),
};

/** Where a quoted record stands: file in the run folder and line, as in `groups.jsonl:12`. */
export const placeAnswer = z.string().describe('file:line in the folder of the run');

/** Lines of the run's files that do not parse, by file. */
export const damagedAnswer = z
  .record(z.string(), z.int())
  .optional()
  .describe('Lines that do not parse and were skipped, by file');

/** The first items, and what was left out; `how` says how the rest is got. */
export function cut<Item>(
  items: readonly Item[],
  limit: number,
  how: string,
): { items: Item[]; left_out: number; more?: string } {
  const left = Math.max(0, items.length - limit);
  return { items: items.slice(0, limit), left_out: left, ...(left > 0 && { more: how }) };
}

/** A number as it is answered: six digits tell all that a trainer measures. */
export const figure = (value: number): number =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : value;

/** The same where there may be none, or one that JSON has no word for. */
export const figureOrNull = (value: number | null | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? figure(value) : null;

/** The beginning of a long text, and how much is not shown. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}

/** Rows of a log, one a response, as the groups of a step. */
import { isObject, type JsonObject } from '../../runs/protocol/index.js';
import type { LoggedGroup, LoggedResponse } from './log.js';

/** Rows that follow one another with the same prompt are a group. */
export function groupsOf(rows: readonly (LoggedResponse & { prompt: string })[]): LoggedGroup[] {
  const groups: LoggedGroup[] = [];
  for (const { prompt, ...response } of rows) {
    const last = groups.at(-1);
    if (last?.prompt === prompt) last.responses.push(response);
    else groups.push({ prompt, responses: [response] });
  }
  return groups;
}

/** Rows with the same key are a group, wherever they stand: a trainer may deal them out to its processes by length. */
export function groupsByKey(
  rows: readonly { key: string; prompt: string; response: LoggedResponse }[],
): LoggedGroup[] {
  const byKey = Map.groupBy(rows, ({ key }) => key);
  return [...byKey.values()].map((group) => ({
    prompt: group[0]?.prompt ?? '',
    responses: group.map(({ response }) => response),
  }));
}

/** Columns of TRL's table of completions that are no rewards. */
const known: ReadonlySet<string> = new Set(['step', 'prompt', 'completion', 'advantage']);

/** Whether rows are those of TRL's table of completions. */
export const areCompletions = (columns: readonly string[]): boolean =>
  columns.includes('prompt') && columns.includes('completion');

/**
 * A row of TRL's table of completions. A response's reward is the sum of what its rewards say.
 * @param isReward whether a further column of numbers is a reward
 */
export function completionOf(
  row: Readonly<Record<string, unknown>>,
  isReward: (name: string) => boolean = () => true,
): LoggedResponse & { prompt: string } {
  const rewards = Object.fromEntries(
    Object.entries(row)
      .filter(([name, value]) => !known.has(name) && isReward(name) && (value === null || isNumber(value)))
      .map(([name, value]) => [name, numberOf(value)]),
  );
  const values = Object.values(rewards).filter((value) => value !== null);
  const advantage = numberOf(row.advantage);
  return {
    prompt: textOf(row.prompt),
    text: textOf(row.completion),
    reward: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0),
    rewards,
    ...(advantage !== null && { advantage }),
  };
}

const isNumber = (value: unknown): boolean => typeof value === 'number' || typeof value === 'bigint';

/** A prompt or completion: a text, or the messages of a conversation. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return value === null || value === undefined ? '' : String(value);
  return value
    .map((message: unknown) => {
      if (typeof message !== 'object' || message === null || !('content' in message)) return String(message);
      const role = 'role' in message ? `${String(message.role)}: ` : '';
      return `${role}${typeof message.content === 'string' ? message.content : JSON.stringify(message.content)}`;
    })
    .join('\n');
}

/** What is in deeper objects is no figure of a step. */
const mostDepth = 20;

/**
 * The values of an object and of the objects in it, whose paths are their names: `eval/loss`.
 * @param isLeftOut whether an object in it has no values for a step
 */
export function flatEntries(
  values: JsonObject,
  isLeftOut: (object: JsonObject) => boolean = () => false,
): [name: string, value: unknown][] {
  const walk = (object: JsonObject, path: string, depth: number): [string, unknown][] =>
    Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
      if (!isObject(value)) return [[path + name, value]];
      return depth < mostDepth && !isLeftOut(value) ? walk(value, `${path}${name}/`, depth + 1) : [];
    });
  return walk(values, '', 1);
}

const numeral = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/** As `numberOf`, where numbers may be written as texts. */
export function numberIn(value: unknown): number | null {
  return numberOf(typeof value === 'string' && numeral.test(value) ? Number(value) : value);
}

/** The number that a cell holds; null for nothing, NaN and texts. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/**
 * The channel of questions: a page asks with a number, its host replies once with the same number, with the answer or
 * with what went wrong. Both ends work for any table of questions.
 */
import { type ErrorReport, KnownError, reportOf } from '../errors.js';
import { type AnswerOf, type ArgumentsOf, count, type QuestionTable } from './questions.js';

/** A question as it is sent, with its checked arguments; `id` is the page's own number for it. */
export type Asked<T extends QuestionTable, Name extends keyof T = keyof T> = {
  [N in Name]: { type: 'ask'; id: number; name: N; args: ArgumentsOf<T[N]> };
}[Name];

export type Reply =
  | { type: 'answer'; id: number; answer: unknown }
  | { type: 'failure'; id: number; error: ErrorReport };

/** The host's answers: one for each question of the table. */
export type Answers<T extends QuestionTable, Context> = {
  [Name in keyof T]: (context: Context, args: ArgumentsOf<T[Name]>) => Promise<AnswerOf<T[Name]>>;
};

/** The question that a page sent, with only its known arguments; else why it is invalid, and its number. */
export function parseQuestion<T extends QuestionTable>(
  questions: T,
  { id, name, args }: { id?: unknown; name?: unknown; args?: unknown },
): { message: Asked<T> } | { problem: string; id?: number } {
  if (!count.is(id)) return { problem: 'A question needs the whole number "id".' };
  const question = typeof name === 'string' && Object.hasOwn(questions, name) ? questions[name] : undefined;
  if (!question) return { problem: `Unknown question ${JSON.stringify(name)?.slice(0, 60)}.`, id };
  if (typeof args !== 'object' || args === null) {
    return { problem: `The question "${String(name)}" needs "args".`, id };
  }
  const known: Record<string, unknown> = {};
  for (const [field, { is, needs }] of Object.entries(question.arguments)) {
    const value: unknown = Object.hasOwn(args, field) ? args[field as keyof typeof args] : undefined;
    if (!is(value)) return { problem: `The question "${String(name)}" needs ${needs} as "${field}".`, id };
    known[field] = value;
  }
  return { message: { type: 'ask', id, name, args: known } as Asked<T> };
}

/** What every page that asks may send. */
export type AskingPageMessage<T extends QuestionTable> =
  | { type: 'ready' }
  | Asked<T>
  | { type: 'error'; message: string };

/** Longest error text taken from a page. */
const longestError = 4000;

/** The message with only its known fields, or why it is invalid, with its number when the page waits for a reply. */
export function parseAskingPageMessage<T extends QuestionTable>(
  questions: T,
  value: unknown,
): { message: AskingPageMessage<T> } | { problem: string; id?: number } {
  if (typeof value !== 'object' || value === null || !('type' in value)) {
    return { problem: 'A message must be an object with a "type".' };
  }
  const { type, ...rest } = value;
  switch (type) {
    case 'ready':
      return { message: { type: 'ready' } };
    case 'ask':
      return parseQuestion(questions, rest);
    case 'error':
      if ('message' in rest && typeof rest.message === 'string')
        return { message: { type: 'error', message: rest.message.slice(0, longestError) } };
      return { problem: 'error needs the string "message".' };
    default:
      return { problem: `Unknown message type ${JSON.stringify(type)?.slice(0, 60)}.` };
  }
}

/** The host's end: the reply to one question. Never rejects. */
export async function replyTo<T extends QuestionTable, Context, Name extends keyof T>(
  answers: Answers<T, Context>,
  context: Context,
  { id, name, args }: { id: number; name: Name; args: ArgumentsOf<T[Name]> },
): Promise<Reply> {
  try {
    return { type: 'answer', id, answer: await answers[name](context, args) };
  } catch (error) {
    return failureOf(id, error);
  }
}

export function failureOf(id: number, error: unknown): Reply {
  return { type: 'failure', id, error: reportOf(error) };
}

interface Open {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** The page's end: questions that are open, each a promise. */
export class Asker<T extends QuestionTable> {
  readonly #open = new Map<number, Open>();
  #asked = 0;

  constructor(private readonly send: (message: Asked<T>) => void) {}

  /** @throws {KnownError} with the host's reason and hint, when it could not answer. */
  ask<Name extends keyof T>(name: Name, args: ArgumentsOf<T[Name]>): Promise<AnswerOf<T[Name]>> {
    const id = this.#asked++;
    return new Promise<AnswerOf<T[Name]>>((resolve, reject) => {
      // The host's answer is of the table's type: both ends are built from it.
      this.#open.set(id, { resolve: resolve as Open['resolve'], reject });
      this.send({ type: 'ask', id, name, args } as Asked<T>);
    });
  }

  /** A reply of the host. One that is no longer awaited is dropped. */
  receive(reply: Reply): void {
    const open = this.#open.get(reply.id);
    this.#open.delete(reply.id);
    if (reply.type === 'answer') open?.resolve(reply.answer);
    else open?.reject(new KnownError(reply.error.message, reply.error.hint));
  }

  /** The page shows another run: what is still open was about the one before. */
  abandon(): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { reject } of open) reject(anotherRun());
  }
}

/** Why a question has no answer when the run changed meanwhile. */
export function anotherRun(): KnownError {
  return new KnownError('This view shows another run now.');
}

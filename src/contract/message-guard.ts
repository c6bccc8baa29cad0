/** Checks at run time what a webview sent: the types of the contract do not exist once compiled. */
import { parseQuestion } from './channel.js';
import { parsePair } from './judge-messages.js';
import { MESSAGE_PROTOCOL, pageCommands, type WebviewMessage } from './messages.js';
import { count, QUESTIONS } from './questions.js';

/** `id` is there when a page waits for a reply. */
export type GuardResult = { message: WebviewMessage } | { problem: string; id?: number };

/** Longest error text taken from a page; the rest is of no use in a log. */
const longestError = 4000;

const parsers: Record<WebviewMessage['type'], (value: Record<string, unknown>) => GuardResult> = {
  ready: ({ protocol }) =>
    protocol === MESSAGE_PROTOCOL
      ? { message: { type: 'ready', protocol } }
      : {
          problem: `The view uses protocol ${String(protocol)}, the extension ${MESSAGE_PROTOCOL}: reload the window.`,
        },
  ask: (value) => parseQuestion(QUESTIONS, value),
  command: ({ command }) => {
    const known = pageCommands.find((name) => name === command);
    return known
      ? { message: { type: 'command', command: known } }
      : { problem: 'command is not one of the known ones.' };
  },
  tryJudge: ({ pair }) => {
    const known = parsePair(pair);
    return known
      ? { message: { type: 'tryJudge', pair: known } }
      : { problem: 'tryJudge needs a "pair" that is not too long.' };
  },
  state: ({ state }) =>
    typeof state === 'object' && state !== null && 'run' in state && typeof state.run === 'string'
      ? { message: { type: 'state', state: { ...state, run: state.run } } }
      : { problem: 'state needs an object with the text "run".' },
  painted: ({ step, time }) =>
    count.is(step) && typeof time === 'number' && Number.isFinite(time)
      ? { message: { type: 'painted', step, time } }
      : { problem: 'painted needs the numbers "step" and "time".' },
  error: ({ message }) =>
    typeof message === 'string'
      ? { message: { type: 'error', message: message.slice(0, longestError) } }
      : { problem: 'error needs the string "message".' },
};

/** The message with only its known fields, or the reason why it is invalid. */
export function parseWebviewMessage(value: unknown): GuardResult {
  if (typeof value !== 'object' || value === null || !('type' in value)) {
    return { problem: 'A message must be an object with a "type".' };
  }
  const { type } = value;
  if (typeof type !== 'string' || !Object.hasOwn(parsers, type)) {
    return { problem: `Unknown message type ${JSON.stringify(type)?.slice(0, 60)}.` };
  }
  return parsers[type as WebviewMessage['type']](value as Record<string, unknown>);
}

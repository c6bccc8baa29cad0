/** Checks at run time what a webview sent: the types of the contract do not exist once compiled. */
import { MESSAGE_PROTOCOL, type WebviewMessage } from './messages.js';

export type GuardResult = { message: WebviewMessage } | { problem: string };

const commands: Record<Extract<WebviewMessage, { type: 'command' }>['command'], true> = {
  stop: true,
  resume: true,
  openDashboard: true,
  evaluate: true,
  showLog: true,
  reveal: true,
};

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 200;

/** Longest error text taken from a page; the rest is of no use in a log. */
const LONGEST_ERROR = 4000;

const parsers: Record<WebviewMessage['type'], (value: Record<string, unknown>) => GuardResult> = {
  ready: ({ protocol }) =>
    protocol === MESSAGE_PROTOCOL
      ? { message: { type: 'ready', protocol } }
      : {
          problem: `The view speaks protocol ${String(protocol)}, the extension ${MESSAGE_PROTOCOL}: reload the window.`,
        },
  getGroups: ({ request, step }) =>
    isCount(request) && isCount(step)
      ? { message: { type: 'getGroups', request, step } }
      : { problem: 'getGroups needs the whole numbers "request" and "step".' },
  getRollouts: ({ request, step }) =>
    isCount(request) && isCount(step)
      ? { message: { type: 'getRollouts', request, step } }
      : { problem: 'getRollouts needs the whole numbers "request" and "step".' },
  getEvaluation: ({ request, step, benchmark }) =>
    isCount(request) && isCount(step) && isName(benchmark)
      ? { message: { type: 'getEvaluation', request, step, benchmark } }
      : { problem: 'getEvaluation needs the whole numbers "request" and "step" and the name "benchmark".' },
  getProblem: ({ request, step, benchmark, id }) =>
    isCount(request) && isCount(step) && isName(benchmark) && typeof id === 'string'
      ? { message: { type: 'getProblem', request, step, benchmark, id } }
      : { problem: 'getProblem needs "request", "step", "benchmark" and the text "id".' },
  getOtherRuns: () => ({ message: { type: 'getOtherRuns' } }),
  command: ({ command }) =>
    typeof command === 'string' && Object.hasOwn(commands, command)
      ? { message: { type: 'command', command: command as keyof typeof commands } }
      : { problem: 'command is not one of the known ones.' },
  painted: ({ step, time }) =>
    isCount(step) && typeof time === 'number' && Number.isFinite(time)
      ? { message: { type: 'painted', step, time } }
      : { problem: 'painted needs the numbers "step" and "time".' },
  error: ({ message }) =>
    typeof message === 'string'
      ? { message: { type: 'error', message: message.slice(0, LONGEST_ERROR) } }
      : { problem: 'error needs the text "message".' },
};

/** The message with nothing but its known fields, or the reason why it is none. */
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

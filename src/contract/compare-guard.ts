/** Checks at run time what the page that compares runs sent. */
import { parseQuestion } from './channel.js';
import { COMPARE_QUESTIONS, type ComparePageMessage } from './compare-messages.js';

/** Longest error text taken from a page. */
const longestError = 4000;

/** The message with only its known fields, or why it is invalid, with its number when the page waits for a reply. */
export function parseCompareMessage(
  value: unknown,
): { message: ComparePageMessage } | { problem: string; id?: number } {
  if (typeof value !== 'object' || value === null || !('type' in value)) {
    return { problem: 'A message must be an object with a "type".' };
  }
  const { type, ...rest } = value;
  switch (type) {
    case 'ready':
      return { message: { type: 'ready' } };
    case 'ask':
      return parseQuestion(COMPARE_QUESTIONS, rest);
    case 'painted':
      if ('milliseconds' in rest && typeof rest.milliseconds === 'number')
        return { message: { type: 'painted', milliseconds: rest.milliseconds } };
      return { problem: 'painted needs the number "milliseconds".' };
    case 'error':
      if ('message' in rest && typeof rest.message === 'string')
        return { message: { type: 'error', message: rest.message.slice(0, longestError) } };
      return { problem: 'error needs the string "message".' };
    default:
      return { problem: `Unknown message type ${JSON.stringify(type)?.slice(0, 60)}.` };
  }
}

/** Checks at run time what the page that compares runs sent. */
import { parseAskingPageMessage } from './channel.js';
import { COMPARE_QUESTIONS, type ComparePageMessage } from './compare-messages.js';

/** The message with only its known fields, or why it is invalid, with its number when the page waits for a reply. */
export function parseCompareMessage(
  value: unknown,
): { message: ComparePageMessage } | { problem: string; id?: number } {
  if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'painted') {
    if ('milliseconds' in value && typeof value.milliseconds === 'number')
      return { message: { type: 'painted', milliseconds: value.milliseconds } };
    return { problem: 'painted needs the number "milliseconds".' };
  }
  return parseAskingPageMessage(COMPARE_QUESTIONS, value);
}

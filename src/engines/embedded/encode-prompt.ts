/** From a prompt to what the policy reads; a prompt that it would not read whole is refused. */
import { InputError } from '../../errors.js';
import type { TaskPrompt } from '../../tasks/index.js';
import type { Policy } from './model/index.js';

/** Characters that tokenizers may write in more than one way. Half a surrogate pair is encoded as U+FFFD. */
const characters = (text: string) => new Set(text.toWellFormed().normalize('NFKC').replace(/\s/gu, ''));

/** What a tokenizer does not read of a text: a character, or the word with it where words are tokens. Null: nothing. */
function unreadable(tokenizer: Policy['tokenizer'], text: string): string | null {
  const tokens = tokenizer.encode(text);
  const { unknownTokenId: unknown } = tokenizer;
  const known = tokens.filter((token) => token !== unknown);
  const kept = characters(tokenizer.decode(known, false));
  const lost = [...characters(text)].find((character) => !kept.has(character));
  if (lost !== undefined || known.length === tokens.length) return lost ?? null;
  const isUnknown = (part: string) => tokenizer.encode(part).includes(unknown ?? -1);
  return text.split(/\s+/).find(isUnknown) ?? text;
}

/**
 * The tokens of a prompt.
 * @param maxNewTokens that must fit behind it
 * @throws InputError with the prompt's place in its file, and what the policy cannot read of it
 */
export function encodePrompt(
  { tokenizer, config }: Pick<Policy, 'tokenizer' | 'config'>,
  { id, text, where }: TaskPrompt,
  maxNewTokens: number,
): number[] {
  const place = where === undefined ? '' : `${where}: `;
  const lost = unreadable(tokenizer, text);
  const tokens = tokenizer.encodePrompt(text);
  if (lost !== null) {
    throw new InputError(
      `${place}The policy's tokenizer cannot write "${lost}" of problem ${id}.`,
      'Use a policy whose tokenizer knows the language of the problems, or choose other problems.',
    );
  }
  if (tokens.length === 0) {
    throw new InputError(`${place}Problem ${id} is no token at all.`, 'Remove it.');
  }
  if (tokens.length + maxNewTokens > config.maxPositions) {
    throw new InputError(
      `${place}Problem ${id} has ${tokens.length} tokens, which with ${maxNewTokens} new ones exceed the policy's ${config.maxPositions} positions (config.json: max_position_embeddings).`,
      'Lower the number of new tokens (maxNewTokens), or remove the problem.',
    );
  }
  return tokens;
}

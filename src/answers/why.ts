/** A verdict as a sentence for people. */
import { t } from '@vscode/l10n';
import { accepts, type VerdictReason } from './equivalence.js';
import type { Reading } from './kinds.js';

/** Longer answers are cut in a sentence. */
const shownCharacters = 80;

const shown = (text: string): string =>
  text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;

/** Where the answer was read. */
function placeOf({ rule }: Reading): string {
  switch (rule) {
    case 'box':
      return t('in the last box');
    case 'boxes':
      return t('in the last boxes');
    case 'tag':
      return t('in the answer tag');
    case 'announcement':
      return t('where the answer is announced');
    case 'bold':
      return t('in the last bold text');
    case 'last':
      return t('as the last formula or number');
    case 'whole':
      return t('as the whole response');
    case 'choice':
      return t('as the choice that is called right');
  }
}

function differenceOf(reason: VerdictReason): string {
  switch (reason) {
    case 'unit':
      return t('the units differ');
    case 'unreadable':
      return t('the texts differ, and one of them cannot be read as mathematics');
    default:
      return t('the two are not the same');
  }
}

/** What was read where, and why it is or is not the gold answer. */
export function explained(gold: string, read: Reading | null, reason: VerdictReason): string {
  if (read === null) return t('The response gives no answer.');
  const [answer, place, golden] = [shown(read.text), placeOf(read), shown(gold)];
  return accepts(reason)
    ? t('Read “{0}” {1}: it is the gold answer “{2}”.', answer, place, golden)
    : t('Read “{0}” {1}; the gold answer is “{2}”: {3}.', answer, place, golden, differenceOf(reason));
}

/** The verdict on a response in words. */
import { t } from './l10n.js';

/** @param judged whether a judge said it; without one a reward above 0 counts as right */
export function verdictText(correct: boolean, judged: boolean): string {
  if (judged) return correct ? t('✓ correct') : t('✗ wrong');
  return correct ? t('reward above 0') : t('reward not above 0');
}

/** How an answer was found in a response, in words. */
import { t } from './l10n.js';

/** By the rule that a verdict names; one that this version does not know is named as it is. */
export function ruleText(rule: string): string {
  switch (rule) {
    case 'box':
      return t('read from the last box');
    case 'boxes':
      return t('read from the last boxes');
    case 'tag':
      return t('read from the answer tag');
    case 'announcement':
      return t('read where the answer is announced');
    case 'bold':
      return t('read from the last bold text');
    case 'last':
      return t('read as the last formula or number');
    case 'whole':
      return t('the whole response is read');
    case 'choice':
      return t('read as the choice that is called right');
    default:
      return t('read by the rule “{0}”', rule);
  }
}

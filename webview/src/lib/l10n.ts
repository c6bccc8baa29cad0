/**
 * Texts of the pages in the language of the editor: `t('Step {0} of {1}', step, steps)`; the English text is the key.
 * The translations are in the page. Each entry imports this first, so that all other modules find them in place.
 */
import { config } from '@vscode/l10n';

/** The part of a page that is used here: unit tests have none, nor its types. */
interface Page {
  documentElement: { lang: string };
  getElementById(id: string): { textContent: string | null } | null;
}

const page = (globalThis as { document?: Page }).document;
const translations = page?.getElementById('l10n')?.textContent;
if (translations) config({ contents: translations });

export { t } from '@vscode/l10n';

/** A count in a sentence: `12,000`, or as the language of the page writes it. Values of metrics keep their point. */
export const formatCount = (count: number): string =>
  count.toLocaleString(page?.documentElement.lang || 'en');

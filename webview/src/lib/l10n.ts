/**
 * Texts of the pages in the language of the editor: `t('Step {0} of {1}', step, steps)`; the English text is the key.
 * The translations are in the page. Each entry imports this first, so that all other modules find them in place.
 */
import * as l10n from '@vscode/l10n';

const page = typeof document === 'undefined' ? null : document;
const translations = page?.getElementById('l10n')?.textContent;
if (translations) l10n.config({ contents: translations });

export { t } from '@vscode/l10n';

/** A sentence of a table: scripts/l10n.mjs takes those from the tables, such as what a metric means. */
export const tableText = (text: string): string => l10n.t(text);

/** Texts of the pages in the language of the editor: `t('Step {0} of {1}', step, steps)`; the English text is the key. */
export { t } from '@vscode/l10n';

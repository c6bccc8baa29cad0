/** The words for filter, order and headings of the explorer. Pure. */
import { t } from '@vscode/l10n';
import type { GroupKey, RunListSettings, SortKey } from './run-list.js';

export function sortText(sort: SortKey): string {
  switch (sort) {
    case 'newest':
      return t('Newest first');
    case 'oldest':
      return t('Oldest first');
    case 'name':
      return t('Name');
    case 'score':
      return t('Score (pass@1)');
    case 'state':
      return t('State');
  }
}

export function groupText(group: GroupKey): string {
  switch (group) {
    case 'study':
      return t('Study');
    case 'none':
      return t('No groups');
    case 'experiment':
      return t('Experiment');
    case 'method':
      return t('Method');
    case 'state':
      return t('State');
  }
}

/** What the view says of its settings, where they are not the default: beside its title, and above its rows. */
export function settingsText(
  { filter, sort, group }: RunListSettings,
  shown: number,
  all: number,
): { description: string; filter: string } {
  // An empty view says by itself that nothing matches, with a way back, but only without a text above its rows.
  const isEmpty = filter !== '' && shown === 0;
  const description = [
    ...(isEmpty ? [t('filter: {0}', filter)] : []),
    ...(sort === 'newest' ? [] : [t('sorted: {0}', sortText(sort))]),
    ...(group === 'study' || group === 'none' ? [] : [t('grouped: {0}', groupText(group))]),
  ].join(', ');
  const isShown = filter !== '' && !isEmpty;
  return { description, filter: isShown ? t('Filter: {0} ({1} of {2} runs)', filter, shown, all) : '' };
}

/** The words for filter, order and headings of the explorer. Pure. */
import { t } from '@vscode/l10n';
import { dayText, stateText } from '../runs/facts/index.js';
import type { ShownRunState } from '../runs/protocol/index.js';
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
    case 'day':
      return t('Day');
  }
}

/** The heading of a group as people read it. @param now Unix time, milliseconds */
export function headingText(key: string, group: GroupKey, now: number): string {
  if (group === 'state') return stateText(key as ShownRunState);
  return group === 'day' ? dayText(key, now) : key;
}

/** What the view says of its settings, where they are not the default: beside its title, and above its rows. */
export function settingsText(
  { filter, sort, group, archived }: RunListSettings,
  shown: number,
  all: number,
): { description: string; filter: string } {
  // An empty view says by itself that nothing matches, with a way back, but only without a text above its rows.
  const isEmpty = filter !== '' && shown === 0;
  const description = [
    ...(isEmpty ? [t('filter: {0}', filter)] : []),
    ...(sort === 'newest' ? [] : [t('sorted: {0}', sortText(sort))]),
    ...(group === 'study' || group === 'none' ? [] : [t('grouped: {0}', groupText(group))]),
    ...(archived ? [t('with archived ones')] : []),
  ].join(', ');
  const isShown = filter !== '' && !isEmpty;
  return { description, filter: isShown ? t('Filter: {0} ({1} of {2} runs)', filter, shown, all) : '' };
}

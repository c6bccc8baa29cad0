/** Which runs the explorer shows: filter, order, headings. */
import * as vscode from 'vscode';
import {
  type FilterSuggestion,
  filterSuggestions,
  fittingSuggestions,
  lastTerm,
  rowOf,
} from '../runs/facts/index.js';
import { filterOf, groupKeys, groupText, type RunTree, sortKeys, sortText } from '../views/index.js';
import type { Services } from './services.js';

/** Filters while one types; Escape brings back what was shown before. */
export async function filterRuns({ library, tree }: Services): Promise<void> {
  await library.ready;
  const before = tree.settings.filter;
  const input = vscode.window.createQuickPick<vscode.QuickPickItem & { suggestion?: FilterSuggestion }>();
  input.title = vscode.l10n.t('Filter Runs');
  input.placeholder = vscode.l10n.t(
    'Name, method, seed, state, tag, or words of the notes, such as: grpo seed:3',
  );
  input.value = before;
  const list = () => {
    const runs = library.runs();
    const matching = runs.filter(filterOf(input.value, tree.settings.archived)).length;
    const label =
      input.value.trim() === ''
        ? vscode.l10n.t('Show all {0} runs', runs.length)
        : vscode.l10n.t('Show {0} of {1} runs', matching, runs.length);
    // The list itself would look for all that was typed, not for its last term.
    const suggestions = fittingSuggestions(input.value, filterSuggestions(runs.map(rowOf))).map(
      (suggestion) => ({
        label: suggestion.term,
        ...(suggestion.count === null ? {} : { description: String(suggestion.count) }),
        alwaysShow: true,
        suggestion,
      }),
    );
    const show = { label, alwaysShow: true };
    input.items = [show, ...suggestions];
    // Enter shows what was typed.
    input.activeItems = [show];
  };
  list();
  let accepted = false;
  input.onDidChangeValue((value) => {
    tree.set({ filter: value.trim() });
    list();
  });
  input.onDidAccept(() => {
    const suggestion = input.selectedItems[0]?.suggestion;
    if (suggestion) {
      const filter = `${lastTerm(input.value).before}${suggestion.term}`;
      tree.set({ filter });
      // A comparison goes on with its number.
      if (suggestion.count === null) {
        input.value = filter;
        list();
        return;
      }
    }
    accepted = true;
    input.hide();
  });
  const closed = new Promise<void>((done) => input.onDidHide(done));
  input.show();
  await closed;
  input.dispose();
  if (!accepted) tree.set({ filter: before });
}

export async function clearFilter({ tree }: Services): Promise<void> {
  tree.set({ filter: '' });
}

export async function showArchived({ tree }: Services, archived: boolean): Promise<void> {
  tree.set({ archived });
}

export async function sortRuns({ tree }: Services): Promise<void> {
  const sort = await choose(vscode.l10n.t('Sort Runs'), sortKeys, sortText, tree.settings.sort);
  if (sort) tree.set({ sort });
}

export async function groupRuns({ tree }: Services): Promise<void> {
  const group = await choose(vscode.l10n.t('Group Runs'), groupKeys, groupText, tree.settings.group);
  if (group) tree.set({ group });
}

async function choose<Key extends string>(
  title: string,
  keys: readonly Key[],
  text: (key: Key) => string,
  current: RunTree['settings']['sort' | 'group'],
): Promise<Key | undefined> {
  const items = keys.map((key) => ({
    label: text(key),
    ...(key === current ? { description: vscode.l10n.t('current') } : {}),
    key,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title });
  return chosen?.key;
}

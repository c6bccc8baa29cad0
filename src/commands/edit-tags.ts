/** Edit Tags: those of one run or of several at once. */
import * as vscode from 'vscode';
import type { WatchedRun } from '../views/index.js';
import { chooseRuns } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

const tagsOf = (run: WatchedRun) => run.summary.manifest.tags ?? [];

export async function editTags(services: Services, argument: unknown): Promise<void> {
  const { library } = services;
  requireTrust(vscode.l10n.t('Editing tags'));
  const runs = await chooseRuns(services, argument, {
    placeholder: vscode.l10n.t('Run whose tags to edit'),
    filter: () => true,
    none: vscode.l10n.t('There are no runs yet.'),
    takeOnly: true,
  });
  if (runs.length === 0) return;
  const known = [...new Set(library.runs().flatMap(tagsOf))].sort();
  const common = known.filter((tag) => runs.every((run) => tagsOf(run).includes(tag)));
  const chosen = await chooseTags(known, common, runs);
  if (!chosen) return;
  const { updateManifest } = await import('../runs/read/index.js');
  for (const run of runs) {
    // A tag that only some of the runs have stays theirs.
    const own = tagsOf(run).filter((tag) => !common.includes(tag));
    const tags = [...new Set([...own, ...chosen])];
    if (tags.join('\n') === tagsOf(run).join('\n')) continue;
    await updateManifest(run.directory, { tags });
    await library.refresh(run.directory);
  }
}

/** Null when it was left with Escape. */
async function chooseTags(
  known: readonly string[],
  before: readonly string[],
  runs: readonly WatchedRun[],
): Promise<string[] | null> {
  const input = vscode.window.createQuickPick();
  const name = runs.length === 1 ? (runs[0]?.summary.name ?? '') : vscode.l10n.t('{0} runs', runs.length);
  input.title = vscode.l10n.t('Tags of {0}', name);
  input.placeholder = vscode.l10n.t('Type a new tag, or choose');
  input.canSelectMany = true;
  const items = new Map(known.map((label) => [label, { label }]));
  const show = (selected: readonly string[]) => {
    const typed = input.value.trim();
    const fresh =
      typed !== '' && !items.has(typed) ? [{ label: typed, description: vscode.l10n.t('new') }] : [];
    input.items = [...fresh, ...items.values()];
    input.selectedItems = input.items.filter(({ label }) => selected.includes(label));
  };
  show(before);
  let chosen: string[] | null = null;
  input.onDidChangeValue(() =>
    show(input.selectedItems.map(({ label }) => label).filter((tag) => items.has(tag))),
  );
  input.onDidChangeSelection((selected) => {
    // A new tag that is chosen stays in the list when more is typed.
    for (const { label } of selected) items.set(label, { label });
  });
  input.onDidAccept(() => {
    chosen = input.selectedItems.map(({ label }) => label);
    input.hide();
  });
  const closed = new Promise<void>((done) => input.onDidHide(done));
  input.show();
  await closed;
  input.dispose();
  return chosen;
}

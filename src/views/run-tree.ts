/** The run explorer: the tree view of the runs, filtered, sorted and grouped as was chosen. */
import * as vscode from 'vscode';
import { isAlive, stateText } from '../runs/facts/index.js';
import type { ShownRunState } from '../runs/protocol/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import type { WatchedRun } from './run-feed.js';
import type { LibraryChange, RunLibrary } from './run-library.js';
import { filterOf, groupRuns, listSettingsOf, type RunListSettings, sortRuns } from './run-list.js';
import { settingsText } from './run-list-text.js';
import { type RowContext, runTooltip } from './run-text.js';
import { childNodes, groupItem, nodeId, nodeItem, type RunItem, type RunNode } from './run-tree-model.js';
import { Throttle } from './throttle.js';

/** Shortest time between two repaints of the explorer. */
const repaintMilliseconds = 250;
/** How often "5 min ago" is brought up to date. */
const agoMilliseconds = 30_000;

const storedSettings = 'g2rl.runs.list';

export class RunTree extends Disposable implements vscode.TreeDataProvider<RunNode> {
  readonly #changed = this.register(new vscode.EventEmitter<RunNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #selected = this.register(new vscode.EventEmitter<WatchedRun | null>());
  /** The run that is selected, or that a selected child belongs to. */
  readonly onDidSelect = this.#selected.event;
  readonly #view: vscode.TreeView<RunNode>;
  /** The tree view knows elements by reference: a run or a heading keeps its node as long as it lives. */
  readonly #nodes = new Map<string, RunNode>();
  /** What was last shown of a run, to leave unchanged ones alone. */
  readonly #shown = new Map<string, string>();
  readonly #repaint = this.register(new Throttle(repaintMilliseconds, () => this.#flush()));
  #settings: RunListSettings;
  /** Runs by heading, in order; one heading without a name when they are not grouped. */
  #list: Map<string, WatchedRun[]> = new Map();
  /** `#list` in a string: whether another run is shown, or at another place. */
  #order = '';
  #filtered = false;

  constructor(
    private readonly library: RunLibrary,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.#settings = listSettingsOf(state.get(storedSettings));
    this.#view = this.register(
      vscode.window.createTreeView<RunNode>('g2rl.runs', {
        treeDataProvider: this,
        showCollapseAll: true,
        canSelectMany: true,
      }),
    );
    this.register(
      this.#view.onDidChangeSelection(({ selection }) => {
        const node = selection[0];
        this.#selected.fire(node ? (library.run(node.key) ?? null) : null);
      }),
    );
    this.register(library.onDidChange((change) => this.#collect(change)));
    this.register(library.onDidChangeUnreadable(() => this.#describe()));
    const timer = setInterval(() => {
      if (this.#view.visible) this.#repaint.request();
    }, agoMilliseconds);
    this.register({ dispose: () => clearInterval(timer) });
    this.#arrange();
  }

  get settings(): RunListSettings {
    return this.#settings;
  }

  /** Filters, sorts or groups the runs from now on, in this workspace also after a reload. */
  set(change: Partial<RunListSettings>): void {
    this.#settings = { ...this.#settings, ...change };
    logFailure(this.log, 'Remembering', this.state.update(storedSettings, this.#settings));
    this.#arrange();
    this.#changed.fire(undefined);
  }

  /** The nodes that a command is about: all that are selected when the given one is among them. */
  among(node: RunNode): readonly RunNode[] {
    const { selection } = this.#view;
    return selection.some((one) => nodeId(one) === nodeId(node)) ? selection : [node];
  }

  async getChildren(node?: RunNode): Promise<RunNode[]> {
    await this.library.ready;
    if (!node) {
      this.#arrange();
      if (this.#settings.group !== 'none') return [...this.#list.keys()].map((title) => this.#group(title));
      return [...this.#list.values()].flat().map((run) => this.#node(run));
    }
    if (node.kind === 'group') return (this.#list.get(node.key) ?? []).map((run) => this.#node(run));
    const run = this.library.run(node.key);
    return run ? childNodes(node, run) : [];
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    const run = this.library.run(node.key);
    const content = this.#content(node, run);
    if (!content) return new vscode.TreeItem(vscode.l10n.t('(deleted)'));
    const item = new vscode.TreeItem(content.label);
    item.id = content.id;
    item.description = content.description;
    item.contextValue = content.contextValue;
    item.iconPath = new vscode.ThemeIcon(
      content.icon.icon,
      content.icon.color ? new vscode.ThemeColor(content.icon.color) : undefined,
    );
    item.accessibilityInformation = { label: content.accessibleLabel };
    const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    item.collapsibleState = content.collapsible ? (node.kind === 'group' ? Expanded : Collapsed) : None;
    if (content.tooltip) item.tooltip = content.tooltip;
    if (run && node.kind === 'run') this.#shown.set(node.key, signature(content, run));
    if (node.kind === 'run' || node.kind === 'benchmark') {
      item.command = {
        command: 'g2rl.previewRun',
        title: vscode.l10n.t('Show'),
        arguments: [node.key, node.kind === 'benchmark' ? node.benchmark : undefined],
      };
    }
    return item;
  }

  /** Tooltips of runs are long and change with every step: made only when someone points at one. */
  resolveTreeItem(item: vscode.TreeItem, node: RunNode): vscode.TreeItem {
    const run = this.library.run(node.key);
    if (node.kind === 'run' && run) item.tooltip = new vscode.MarkdownString(runTooltip(run, Date.now()));
    return item;
  }

  getParent(node: RunNode): RunNode | undefined {
    if (node.kind === 'group') return undefined;
    if (node.kind === 'benchmark') return { kind: 'benchmarks', key: node.key };
    if (node.kind === 'checkpoint') return { kind: 'checkpoints', key: node.key };
    const run = this.library.run(node.key);
    if (node.kind !== 'run') return run && this.#node(run);
    const title = run && this.#headingOf(run);
    return title ? this.#group(title) : undefined;
  }

  /** Shows and selects a run, without taking the keyboard away from the editor. */
  async reveal(run: WatchedRun): Promise<void> {
    this.#arrange();
    if (this.#headingOf(run) === undefined) return;
    await this.#view.reveal(this.#node(run), { select: true, focus: false });
  }

  /** The same for what is looked at elsewhere: opens nothing, and leaves a selection in that run or of several. */
  async follow(run: WatchedRun): Promise<void> {
    const { selection, visible } = this.#view;
    if (!visible || selection.length > 1 || selection[0]?.key === run.directory) return;
    await this.reveal(run);
  }

  #content(node: RunNode, run: WatchedRun | undefined): RunItem | null {
    if (node.kind === 'group') {
      const runs = this.#list.get(node.key) ?? [];
      const byState = this.#settings.group === 'state';
      const label = byState ? stateText(node.key as ShownRunState) : node.key;
      return groupItem(node, label, runs.length);
    }
    return run ? nodeItem(node, run, this.#context(run, Date.now())) : null;
  }

  #context(run: WatchedRun, now: number): RowContext {
    return { traits: this.library.traits(run), now };
  }

  /** Undefined when the filter hides the run. */
  #headingOf(run: WatchedRun): string | undefined {
    for (const [title, runs] of this.#list) if (runs.includes(run)) return title;
    return undefined;
  }

  #node({ directory }: WatchedRun): RunNode {
    return this.#kept({ kind: 'run', key: directory });
  }

  #group(title: string): RunNode {
    return this.#kept({ kind: 'group', key: title });
  }

  #kept(node: RunNode): RunNode {
    const id = nodeId(node);
    const known = this.#nodes.get(id) ?? node;
    this.#nodes.set(id, known);
    return known;
  }

  /** @returns whether another run is shown than before, or at another place */
  #arrange(): boolean {
    const { filter, sort, group } = this.#settings;
    const sorted = sortRuns(this.library.runs().filter(filterOf(filter)), sort);
    this.#list = group === 'none' ? new Map([['', sorted]]) : groupRuns(sorted, group);
    const order = [...this.#list].map(([title, runs]) => [title, ...runs.map((run) => run.directory)]);
    const before = this.#order;
    this.#order = JSON.stringify(order);
    this.#describe();
    return this.#order !== before;
  }

  #collect({ kind, run }: LibraryChange): void {
    if (kind === 'removed') {
      this.#nodes.delete(run.directory);
      this.#shown.delete(run.directory);
    }
    this.#repaint.request();
  }

  #flush(): void {
    const moved = this.#arrange();
    const dirty: RunNode[] = [];
    // A changed setting or name may show in the rows of others of its name.
    for (const run of moved ? [] : [...this.#list.values()].flat()) {
      const before = this.#shown.get(run.directory);
      // A run that was never painted is painted whole with the tree.
      if (before === undefined) continue;
      const node = this.#node(run);
      const content = nodeItem(node, run, this.#context(run, Date.now()));
      if (content && signature(content, run) !== before) dirty.push(node);
    }
    if (moved) this.#changed.fire(undefined);
    else if (dirty.length > 0) this.#changed.fire(dirty);
  }

  /** For the menu that shows all of them again. */
  #setFiltered(filtered: boolean): void {
    if (this.#filtered === filtered) return;
    this.#filtered = filtered;
    const done = vscode.commands.executeCommand('setContext', 'g2rl.runsFiltered', filtered);
    logFailure(this.log, 'Context key', done);
  }

  /** What the view says besides its rows: the choices in use, folders that cannot be read, how many runs train. */
  #describe(): void {
    const all = this.library.runs();
    const shown = [...this.#list.values()].reduce((sum, runs) => sum + runs.length, 0);
    this.#setFiltered(this.#settings.filter !== '');
    const { description, filter } = settingsText(this.#settings, shown, all.length);
    this.#view.description = description;
    // A folder that is not a readable run is not an item, but it is still reported.
    const problems = this.library.unreadable();
    const first = problems[0];
    const more = vscode.l10n.t('(and {0} more, see the log)', problems.length - 1);
    const problem = first ? `${first.reason}${problems.length > 1 ? ` ${more}` : ''}` : '';
    this.#view.message = [filter, problem].filter((line) => line !== '').join('\n');
    const alive = all.filter((run) => isAlive(run.summary.state)).length;
    const tooltip =
      alive === 1 ? vscode.l10n.t('1 run is training') : vscode.l10n.t('{0} runs are training', alive);
    this.#view.badge = alive > 0 ? { value: alive, tooltip } : undefined;
  }
}

/** What is seen of a row. */
function signature(content: RunItem, run: WatchedRun): string {
  const { contextValue, label, description } = content;
  const { checkpoints } = run.summary;
  return [contextValue, label, description, checkpoints.length, run.benchmarks.length].join('\n');
}

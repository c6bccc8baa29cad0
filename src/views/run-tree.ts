/** The run explorer: the tree view of all runs, newest first. */
import * as vscode from 'vscode';
import { compareRuns, isAlive } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import type { WatchedRun } from './run-feed.js';
import type { LibraryChange, RunLibrary } from './run-library.js';
import { runTooltip } from './run-text.js';
import { childNodes, nodeItem, type RunNode } from './run-tree-model.js';
import { Throttle } from './throttle.js';

/** Shortest time between two repaints of the explorer. */
const repaintMilliseconds = 250;

export class RunTree extends Disposable implements vscode.TreeDataProvider<RunNode> {
  readonly #changed = this.register(new vscode.EventEmitter<RunNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #selected = this.register(new vscode.EventEmitter<WatchedRun | null>());
  /** The run that is selected, or that a selected child belongs to. */
  readonly onDidSelect = this.#selected.event;
  readonly #view: vscode.TreeView<RunNode>;
  /** The tree view knows elements by reference: a run keeps its node as long as it lives. */
  readonly #nodes = new Map<string, RunNode>();
  /** What was last shown of a run, to leave unchanged ones alone. */
  readonly #shown = new Map<string, string>();
  readonly #repaint = this.register(new Throttle(repaintMilliseconds, () => this.#flush()));
  readonly #pending = new Set<string>();
  #orderChanged = false;

  constructor(private readonly library: RunLibrary) {
    super();
    this.#view = this.register(
      vscode.window.createTreeView<RunNode>('g2rl.runs', { treeDataProvider: this, showCollapseAll: true }),
    );
    this.register(
      this.#view.onDidChangeSelection(({ selection }) => {
        const node = selection[0];
        this.#selected.fire(node ? (library.run(node.key) ?? null) : null);
      }),
    );
    this.register(library.onDidChange((change) => this.#collect(change)));
    this.register(library.onDidChangeUnreadable(() => this.#showUnreadable()));
  }

  async getChildren(node?: RunNode): Promise<RunNode[]> {
    await this.library.ready;
    if (node) {
      const run = this.library.run(node.key);
      return run ? childNodes(node, run) : [];
    }
    const runs = this.library.runs().sort((a, b) => compareRuns(a.summary, b.summary));
    this.#updateBadge();
    return runs.map((run) => this.#node(run.directory));
  }

  getTreeItem(node: RunNode): vscode.TreeItem {
    const run = this.library.run(node.key);
    const content = run && nodeItem(node, run, Date.now());
    if (!run || !content) return new vscode.TreeItem('(gone)');
    const item = new vscode.TreeItem(content.label);
    item.id = content.id;
    item.description = content.description;
    item.contextValue = content.contextValue;
    item.iconPath = new vscode.ThemeIcon(
      content.icon.icon,
      content.icon.color ? new vscode.ThemeColor(content.icon.color) : undefined,
    );
    item.accessibilityInformation = { label: content.accessibleLabel };
    item.collapsibleState = content.collapsible
      ? vscode.TreeItemCollapsibleState.Collapsed
      : vscode.TreeItemCollapsibleState.None;
    if (node.kind === 'run') this.#shown.set(node.key, this.#signature(run));
    else if (content.tooltip) item.tooltip = content.tooltip;
    return item;
  }

  /** Tooltips of runs are long and change with every step: made only when someone points at one. */
  resolveTreeItem(item: vscode.TreeItem, node: RunNode): vscode.TreeItem {
    const run = this.library.run(node.key);
    if (node.kind === 'run' && run) item.tooltip = new vscode.MarkdownString(runTooltip(run, Date.now()));
    return item;
  }

  getParent(node: RunNode): RunNode | undefined {
    if (node.kind === 'run') return undefined;
    if (node.kind === 'benchmark') return { kind: 'benchmarks', key: node.key };
    if (node.kind === 'checkpoint') return { kind: 'checkpoints', key: node.key };
    return this.#node(node.key);
  }

  /** Shows and selects a run, without taking the keyboard away from the editor. */
  async reveal(run: WatchedRun): Promise<void> {
    await this.#view.reveal(this.#node(run.directory), { select: true, focus: false });
  }

  #node(directory: string): RunNode {
    let node = this.#nodes.get(directory);
    if (!node) {
      node = { kind: 'run', key: directory };
      this.#nodes.set(directory, node);
    }
    return node;
  }

  #collect(change: LibraryChange): void {
    const { directory } = change.run;
    if (change.kind === 'changed') {
      this.#pending.add(directory);
    } else {
      this.#orderChanged = true;
      if (change.kind === 'removed') {
        this.#nodes.delete(directory);
        this.#shown.delete(directory);
      }
    }
    this.#repaint.request();
  }

  #flush(): void {
    const dirty: RunNode[] = [];
    for (const directory of this.#pending) {
      const run = this.library.run(directory);
      const before = this.#shown.get(directory);
      // A run that was never painted is painted whole with the tree.
      if (!run || before === undefined) continue;
      const after = this.#signature(run);
      if (after === before) continue;
      if (isPinned(before) !== isPinned(after)) this.#orderChanged = true;
      dirty.push(this.#node(directory));
    }
    this.#pending.clear();
    if (this.#orderChanged) this.#changed.fire(undefined);
    else if (dirty.length > 0) this.#changed.fire(dirty);
    if (this.#orderChanged || dirty.length > 0) this.#updateBadge();
    this.#orderChanged = false;
  }

  #signature(run: WatchedRun): string {
    const item = nodeItem(this.#node(run.directory), run, 0);
    const { checkpoints } = run.summary;
    return [
      item?.contextValue,
      item?.label,
      item?.description,
      checkpoints.length,
      run.benchmarks.length,
    ].join('\n');
  }

  /** A folder that is not a readable run is not an item, but it is still reported. */
  #showUnreadable(): void {
    const problems = this.library.unreadable();
    const first = problems[0];
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more, see the log)` : '';
    this.#view.message = first ? `${first.reason}${more}` : '';
  }

  #updateBadge(): void {
    const alive = this.library.runs().filter((run) => isAlive(run.summary.state)).length;
    this.#view.badge =
      alive > 0
        ? { value: alive, tooltip: alive === 1 ? '1 run is training' : `${alive} runs are training` }
        : undefined;
  }
}

function isPinned(signature: string): boolean {
  return signature.split('\n', 1)[0]?.includes('.pinned') ?? false;
}

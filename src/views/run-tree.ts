/** The run explorer: the tree view of the runs, filtered, sorted and grouped as was chosen. */
import * as vscode from 'vscode';
import { isAlive } from '../runs/facts/index.js';
import type { StudyFolder } from '../studies/folder/index.js';
import type { viewContextKeys } from './context-values.js';
import { Disposable } from './disposable.js';
import { PaintedRows } from './painted-rows.js';
import { logFailure } from './report.js';
import type { WatchedRun } from './run-feed.js';
import type { LibraryChange, RunLibrary } from './run-library.js';
import { filterOf, groupRuns, listSettingsOf, type RunListSettings, sortRuns } from './run-list.js';
import { headingText, settingsText } from './run-list-text.js';
import { type RowContext, runTooltip } from './run-text.js';
import {
  childNodes,
  groupItem,
  nodeItem,
  type RunItem,
  type RunNode,
  runSignature,
} from './run-tree-model.js';
import { isAtWork, type StudyLibrary } from './study-library.js';
import { studyTooltip } from './study-text.js';
import {
  type ExplorerNode,
  explorerNodeId,
  isArchived,
  isStudyNode,
  type StudyNode,
  seedLabel,
  studyChildren,
  studyItem,
  studyOfRuns,
  studySignature,
} from './study-tree.js';
import { Throttle } from './throttle.js';

/** Shortest time between two repaints of the explorer. */
const repaintMilliseconds = 250;
/** How often "5 min ago" is brought up to date. */
const agoMilliseconds = 30_000;

const storedSettings = 'g2rl.runs.list';

export class RunTree extends Disposable implements vscode.TreeDataProvider<ExplorerNode> {
  readonly #changed = this.register(new vscode.EventEmitter<ExplorerNode[] | undefined>());
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #selected = this.register(new vscode.EventEmitter<WatchedRun | null>());
  /** The run that is selected, or that a selected child belongs to. */
  readonly onDidSelect = this.#selected.event;
  readonly #view: vscode.TreeView<ExplorerNode>;
  /** The tree view knows elements by reference: a run or a heading keeps its node as long as it lives. */
  readonly #nodes = new Map<string, ExplorerNode>();
  /** To leave unchanged ones alone. */
  readonly #painted = new PaintedRows();
  readonly #repaint = this.register(new Throttle(repaintMilliseconds, () => this.#flush()));
  #settings: RunListSettings;
  /** Runs by heading, in order; one heading without a name when they are not grouped. */
  #list: Map<string, WatchedRun[]> = new Map();
  /** The directories of these runs. */
  #listed: ReadonlySet<string> = new Set();
  /** The study that each run stands below, by its directory; none where runs are grouped otherwise. */
  #owners: ReadonlyMap<string, StudyFolder> = new Map();
  /** Studies that are shown, newest first. */
  #studies: readonly StudyFolder[] = [];
  /** `#list` in a string: whether another run is shown, or at another place. */
  #order = '';
  /** The order that the editor was given last. */
  #given = '';
  #isReady = false;
  readonly #contexts = new Map<string, boolean>();

  constructor(
    private readonly library: RunLibrary,
    private readonly studies: StudyLibrary,
    private readonly state: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.#settings = listSettingsOf(state.get(storedSettings));
    this.#view = this.register(
      vscode.window.createTreeView<ExplorerNode>('g2rl.runs', {
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
    this.register(
      studies.onDidChange(() => {
        this.#painted.move();
        this.#repaint.request();
      }),
    );
    this.register(library.onDidChangeUnreadable(() => this.#describe()));
    const timer = setInterval(() => {
      if (!this.#view.visible) return;
      this.#painted.age();
      this.#repaint.request();
    }, agoMilliseconds);
    this.register({ dispose: () => clearInterval(timer) });
    this.#arrange();
    const ready = library.ready.then(() => {
      this.#isReady = true;
      this.#repaint.request();
    });
    logFailure(log, 'Runs of the explorer', ready);
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
  among(node: RunNode): readonly ExplorerNode[] {
    const { selection } = this.#view;
    return selection.some((one) => explorerNodeId(one) === explorerNodeId(node)) ? selection : [node];
  }

  async getChildren(node?: ExplorerNode): Promise<ExplorerNode[]> {
    await this.library.ready;
    if (!node) {
      this.#arrange();
      this.#given = this.#order;
      const { group } = this.#settings;
      if (group !== 'none' && group !== 'study')
        return [...this.#list.keys()].map((title) => this.#group(title));
      const loose = [...this.#list.values()].flat().filter(({ directory }) => !this.#owners.has(directory));
      const studies = this.#studies.map((study): ExplorerNode => ({ kind: 'study', key: study.directory }));
      return [...studies.map((study) => this.#kept(study)), ...loose.map((run) => this.#node(run))];
    }
    if (isStudyNode(node)) return this.#studyChildren(node);
    if (node.kind === 'group') return (this.#list.get(node.key) ?? []).map((run) => this.#node(run));
    const run = this.library.run(node.key);
    return run ? childNodes(node, run) : [];
  }

  getTreeItem(node: ExplorerNode): vscode.TreeItem {
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
    item.collapsibleState = content.collapsible ? (this.#isOpen(node) ? Expanded : Collapsed) : None;
    if (content.tooltip) item.tooltip = content.tooltip;
    if (run && node.kind === 'run')
      this.#painted.paint(node.key, runSignature(content, run), this.#traits(run).join('\n'));
    if (isStudyNode(node)) this.#painted.paint(content.id, studySignature(content));
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
  async resolveTreeItem(item: vscode.TreeItem, node: ExplorerNode): Promise<vscode.TreeItem> {
    const study = node.kind === 'study' ? this.studies.study(node.key) : undefined;
    if (study) {
      const { reportStudy } = await import('../studies/report/index.js');
      const { sentence } = await reportStudy(study);
      item.tooltip = new vscode.MarkdownString(studyTooltip(study, this.#find, Date.now(), sentence));
    }
    const run = this.library.run(node.key);
    if (node.kind === 'run' && run) item.tooltip = new vscode.MarkdownString(runTooltip(run, Date.now()));
    return item;
  }

  getParent(node: ExplorerNode): ExplorerNode | undefined {
    if (node.kind === 'group' || node.kind === 'study') return undefined;
    if (node.kind === 'arm') return this.#kept({ kind: 'study', key: node.key });
    if (node.kind === 'seed') return this.#kept({ kind: 'arm', key: node.key, arm: node.arm });
    if (node.kind === 'benchmark') return { kind: 'benchmarks', key: node.key };
    if (node.kind === 'checkpoint') return { kind: 'checkpoints', key: node.key };
    const run = this.library.run(node.key);
    if (node.kind !== 'run') return run && this.#node(run);
    const study = this.#owners.get(node.key);
    const arm = study?.runs.find(({ directory }) => directory === node.key)?.arm.name;
    if (study && arm !== undefined) return this.#kept({ kind: 'arm', key: study.directory, arm });
    const title = run && this.#headingOf(run);
    return title ? this.#group(title) : undefined;
  }

  /** Shows and selects a run, without taking the keyboard away from the editor. */
  async reveal(run: WatchedRun): Promise<void> {
    this.#giveWhatIsNew();
    if (this.#headingOf(run) === undefined) return;
    await this.#view.reveal(this.#node(run), { select: true, focus: false });
  }

  /** The same for a study, its variants in view. */
  async revealStudy(directory: string): Promise<void> {
    this.#giveWhatIsNew();
    if (!this.#studies.some((study) => study.directory === directory)) return;
    const node = this.#kept({ kind: 'study', key: directory });
    await this.#view.reveal(node, { select: true, focus: false, expand: true });
  }

  /** The same for what is looked at elsewhere: opens nothing, and leaves a selection in that run or of several. */
  async follow(run: WatchedRun): Promise<void> {
    const { selection, visible } = this.#view;
    if (!visible || selection.length > 1 || selection[0]?.key === run.directory) return;
    await this.reveal(run);
  }

  /** Before something is revealed, which the editor finds only in what it was given. */
  #giveWhatIsNew(): void {
    if (this.#arrange()) this.#changed.fire(undefined);
  }

  readonly #find = (directory: string): WatchedRun | undefined => this.library.run(directory);

  #isOpen(node: ExplorerNode): boolean {
    if (node.kind !== 'study') return node.kind === 'group';
    const study = this.studies.study(node.key);
    return study !== undefined && isAtWork(study);
  }

  #studyChildren(node: StudyNode): ExplorerNode[] {
    const study = this.studies.study(node.key);
    if (!study) return [];
    const isShown = (directory: string) =>
      this.#listed.has(directory) && this.#owners.get(directory)?.directory === study.directory;
    const isFiltered = this.#settings.filter !== '';
    return studyChildren(node, study, { isShown, isFiltered }).map((child) => this.#kept(child));
  }

  #content(node: ExplorerNode, run: WatchedRun | undefined): RunItem | null {
    if (isStudyNode(node)) {
      const study = this.studies.study(node.key);
      return study ? studyItem(node, study, this.#find, Date.now()) : null;
    }
    if (node.kind === 'group') {
      const runs = this.#list.get(node.key) ?? [];
      const label = headingText(node.key, this.#settings.group, Date.now());
      return groupItem(node, label, runs.length);
    }
    if (!run) return null;
    const content = nodeItem(node, run, this.#context(run, Date.now()));
    // Below its variant a run is known by its seed.
    return content && node.kind === 'run' && this.#owners.has(node.key)
      ? { ...content, label: seedLabel(run.summary.manifest) }
      : content;
  }

  #context(run: WatchedRun, now: number): RowContext {
    return { traits: this.#traits(run), now };
  }

  /** Below its variant a run needs none. */
  #traits(run: WatchedRun): readonly string[] {
    return this.#owners.has(run.directory) ? [] : this.library.traits(run);
  }

  /** Undefined when the filter hides the run. */
  #headingOf(run: WatchedRun): string | undefined {
    for (const [title, runs] of this.#list) if (runs.includes(run)) return title;
    return undefined;
  }

  #node({ directory }: WatchedRun): ExplorerNode {
    return this.#kept({ kind: 'run', key: directory });
  }

  #group(title: string): ExplorerNode {
    return this.#kept({ kind: 'group', key: title });
  }

  #kept(node: ExplorerNode): ExplorerNode {
    const id = explorerNodeId(node);
    const known = this.#nodes.get(id) ?? node;
    this.#nodes.set(id, known);
    return known;
  }

  /** @returns whether another run is to be shown than the editor was given, or at another place */
  #arrange(): boolean {
    const { filter, sort, group, archived } = this.#settings;
    const sorted = sortRuns(this.library.runs().filter(filterOf(filter, archived)), sort);
    this.#list = group === 'none' || group === 'study' ? new Map([['', sorted]]) : groupRuns(sorted, group);
    this.#owners = group === 'study' ? studyOfRuns(this.studies.studies()) : new Map();
    this.#listed = new Set(sorted.map(({ directory }) => directory));
    const shown = new Set(sorted.map(({ directory }) => this.#owners.get(directory)?.directory));
    this.#studies =
      group === 'study'
        ? this.studies
            .studies()
            .filter((study) =>
              filter === '' ? archived || !isArchived(study, this.#find) : shown.has(study.directory),
            )
        : [];
    const order = [
      ...[...this.#list].map(([title, runs]) => [title, ...runs.map((run) => run.directory)]),
      // Runs that begin, in a study that is extended.
      ...this.#studies.map(({ directory, runs }) => [directory, runs.map((run) => run.directory ?? '')]),
    ];
    this.#order = JSON.stringify(order);
    this.#describe();
    return this.#order !== this.#given;
  }

  #collect(change: LibraryChange): void {
    if (change.kind === 'removed') this.#nodes.delete(change.run.directory);
    this.#painted.touch(change, this.#settings);
    this.#repaint.request();
  }

  #flush(): void {
    // The tree is asked for only then.
    if (!this.#isReady) return;
    const moved = this.#painted.mayMove && this.#arrange();
    const dirty = moved ? [] : [...this.#changedRuns(), ...this.#changedStudies()];
    if (!this.#painted.mayMove) this.#describe();
    this.#painted.settle();
    if (moved) this.#changed.fire(undefined);
    else if (dirty.length > 0) this.#changed.fire(dirty);
  }

  *#changedRuns(): Generator<ExplorerNode> {
    const traitsOf = (directory: string) => {
      const run = this.library.run(directory);
      return run ? this.#traits(run).join('\n') : '';
    };
    for (const directory of this.#painted.suspects(this.#listed, traitsOf)) {
      const run = this.library.run(directory);
      const node = run && this.#node(run);
      const content = node && this.#content(node, run);
      if (content && runSignature(content, run) !== this.#painted.looks(directory)) yield node;
    }
  }

  *#changedStudies(): Generator<ExplorerNode> {
    for (const node of this.#nodes.values()) {
      if (!isStudyNode(node)) continue;
      const content = this.#content(node, undefined);
      const before = content && this.#painted.looks(content.id);
      if (before && studySignature(content) !== before) yield node;
    }
  }

  /** For menus that look at the settings. */
  #setContext(key: (typeof viewContextKeys)[number], value: boolean): void {
    if ((this.#contexts.get(key) ?? false) === value) return;
    this.#contexts.set(key, value);
    logFailure(this.log, 'Context key', vscode.commands.executeCommand('setContext', key, value));
  }

  /** What the view says besides its rows: the choices in use, folders that cannot be read, how many runs train. */
  #describe(): void {
    const all = this.library.runs();
    const shown = [...this.#list.values()].reduce((sum, runs) => sum + runs.length, 0);
    this.#setContext('g2rl.runsFiltered', this.#settings.filter !== '');
    this.#setContext('g2rl.archivedShown', this.#settings.archived);
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

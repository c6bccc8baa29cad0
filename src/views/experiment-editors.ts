/** Inline metrics in experiment files: code lenses, an end-of-line status that moves, a hover. */
import * as vscode from 'vscode';
import { isAlive } from '../runs/facts/index.js';
import { Disposable } from './disposable.js';
import { experimentSelector, isExperiment } from './experiment-selector.js';
import { logFailure } from './report.js';
import type { RunLibrary } from './run-library.js';
import { inlineMetricsEnabled } from './settings.js';
import { Throttle } from './throttle.js';

/** Loaded with the first experiment file that is shown, not at activation. */
const panel = () => import('./experiment-panel.js');

export class ExperimentEditors extends Disposable implements vscode.CodeLensProvider, vscode.HoverProvider {
  readonly #lensesChanged = this.register(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#lensesChanged.event;
  readonly #decoration = this.register(
    vscode.window.createTextEditorDecorationType({
      after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 2em' },
      rangeBehavior: vscode.DecorationRangeBehavior.ClosedOpen,
    }),
  );
  readonly #repaint = this.register(new Throttle(200, () => this.#refresh()));
  /** What the lenses of each visible file last said. */
  readonly #lensTitles = new Map<string, string>();

  constructor(
    private readonly library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    const repaint = () => this.#repaint.request();
    this.register(library.onDidChange(repaint));
    this.register(vscode.window.onDidChangeVisibleTextEditors(repaint));
    this.register(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (isExperiment(document)) repaint();
      }),
    );
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('g2rl') && repaint()),
    );
    this.register(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#lensTitles.clear();
        repaint();
      }),
    );
    this.register(vscode.languages.registerCodeLensProvider(experimentSelector, this));
    this.register(vscode.languages.registerHoverProvider(experimentSelector, this));
    repaint();
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const { experimentLenses, panelOffset } = await panel();
    const position = document.positionAt(panelOffset(document.getText()));
    const range = new vscode.Range(position, position);
    const lenses = experimentLenses(await this.#runs(document), vscode.workspace.isTrusted);
    return lenses.map(
      ({ title, tooltip, command, run }) =>
        new vscode.CodeLens(range, { title, tooltip, command, arguments: [run ?? document.uri] }),
    );
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | null> {
    const { experimentHover, panelOffset } = await panel();
    const { line } = document.positionAt(panelOffset(document.getText()));
    if (position.line !== line) return null;
    const runs = await this.#runs(document);
    const run = runs.find((candidate) => isAlive(candidate.view.summary.state)) ?? runs[0];
    if (!run) return null;
    const markdown = new vscode.MarkdownString(experimentHover(run, await run.view.sketch(), Date.now()));
    return new vscode.Hover(markdown, document.lineAt(line).range);
  }

  async #runs(document: vscode.TextDocument) {
    const { runsOfExperiment } = await panel();
    const located = this.library.runs().map((view) => ({ directory: view.directory, view }));
    return runsOfExperiment(located, document.uri.fsPath);
  }

  #refresh(): void {
    const editors = vscode.window.visibleTextEditors.filter((editor) => isExperiment(editor.document));
    if (editors.length === 0) return;
    logFailure(this.log, 'Inline metrics', Promise.all(editors.map((editor) => this.#paint(editor))));
  }

  async #paint(editor: vscode.TextEditor): Promise<void> {
    const { experimentLenses, experimentStatus, panelOffset } = await panel();
    const { document } = editor;
    const runs = await this.#runs(document);
    const text = inlineMetricsEnabled() ? experimentStatus(runs) : '';
    const { line } = document.positionAt(panelOffset(document.getText()));
    const { end } = document.lineAt(line).range;
    editor.setDecorations(
      this.#decoration,
      text ? [{ range: new vscode.Range(end, end), renderOptions: { after: { contentText: text } } }] : [],
    );
    const titles = JSON.stringify(experimentLenses(runs, vscode.workspace.isTrusted));
    const key = document.uri.toString();
    if (this.#lensTitles.get(key) === titles) return;
    this.#lensTitles.set(key, titles);
    this.#lensesChanged.fire();
  }
}

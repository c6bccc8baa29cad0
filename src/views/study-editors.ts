/** Study files in the editor: code lenses, hovers, completion. */
import { dirname, relative } from 'node:path';
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import type { RunLibrary } from './run-library.js';
import type { StudyCompletion } from './study-completion.js';
import type { StudyLibrary } from './study-library.js';
import { isStudy, studySelector } from './study-selector.js';
import type { FindRun } from './study-text.js';
import { Throttle } from './throttle.js';

/** Loaded with the first study file that is shown, not at activation. */
const panel = () => import('./study-panel.js');

export class StudyEditors
  extends Disposable
  implements vscode.CodeLensProvider, vscode.HoverProvider, vscode.CompletionItemProvider
{
  readonly #lensesChanged = this.register(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.#lensesChanged.event;
  readonly #refresh = this.register(new Throttle(500, () => this.#lookAgain()));
  /** What the lenses of each visible file last said. */
  readonly #lensTitles = new Map<string, string>();
  readonly #find: FindRun;

  constructor(
    private readonly studies: StudyLibrary,
    library: RunLibrary,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.#find = (directory) => library.run(directory);
    const refresh = () => this.#refresh.request();
    this.register(studies.onDidChange(refresh));
    this.register(library.onDidChange(refresh));
    this.register(vscode.window.onDidChangeVisibleTextEditors(refresh));
    this.register(
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.#lensTitles.clear();
        refresh();
      }),
    );
    this.register(vscode.languages.registerCodeLensProvider(studySelector, this));
    this.register(vscode.languages.registerHoverProvider(studySelector, this));
    this.register(vscode.languages.registerCompletionItemProvider(studySelector, this, '"', '.'));
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    const { panelOffset } = await import('./experiment-panel.js');
    const position = document.positionAt(panelOffset(document.getText()));
    const range = new vscode.Range(position, position);
    return (await this.#lenses(document)).map(
      ({ title, tooltip, command, study }) =>
        new vscode.CodeLens(range, { title, tooltip, command, arguments: [study ?? document.uri] }),
    );
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.Hover | null> {
    const { getLocation } = await import('jsonc-parser');
    const { settingAt, settingText } = await import('./study-completion.js');
    const location = getLocation(document.getText(), document.offsetAt(position));
    const setting = location.isAtPropertyKey ? settingAt(location.path) : null;
    if (setting !== null) {
      const text = settingText(setting);
      if (text === '') return null;
      return new vscode.Hover(
        new vscode.MarkdownString().appendMarkdown(`**${setting}**\n\n`).appendText(text),
      );
    }
    const study = location.path[0] === 'name' ? this.studies.ofFile(document.uri.fsPath) : undefined;
    if (!study) return null;
    const { studyTooltip } = await import('./study-text.js');
    const { reportStudy } = await import('../studies/report/index.js');
    const { sentence } = await reportStudy(study);
    return new vscode.Hover(new vscode.MarkdownString(studyTooltip(study, this.#find, Date.now(), sentence)));
  }

  async provideCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.CompletionItem[]> {
    const { studyCompletions } = await import('./study-completion.js');
    const text = document.getText();
    const surroundings = await this.#surroundings(document);
    const found = studyCompletions(text, document.offsetAt(position), surroundings);
    if (!found) return [];
    const start = document.positionAt(found.offset);
    const range = new vscode.Range(start, document.positionAt(found.offset + found.length));
    const icons = kinds();
    return found.items.map((completion) => {
      const item = new vscode.CompletionItem(completion.label, icons[completion.kind]);
      item.insertText = completion.text;
      // Compared with what is replaced, which has its quotes.
      item.filterText = completion.text;
      item.range = range;
      if (completion.documentation) item.documentation = completion.documentation;
      return item;
    });
  }

  async #surroundings(document: vscode.TextDocument) {
    const { experimentFileOf } = await import('./study-completion.js');
    const file = document.uri.fsPath;
    const files = await vscode.workspace.findFiles(
      '**/*.{g2rl.json,g2rl.jsonc}',
      '**/{node_modules,.g2rl}/**',
      200,
    );
    const experiments = files
      .map(({ fsPath }) => relative(dirname(file), fsPath).replaceAll('\\', '/'))
      .sort();
    return { experiments, benchmarks: await benchmarksOf(experimentFileOf(document.getText(), file)) };
  }

  async #lenses(document: vscode.TextDocument) {
    const { studyLenses } = await panel();
    const study = this.studies.ofFile(document.uri.fsPath);
    const lenses = studyLenses(study, this.#find, {
      trusted: vscode.workspace.isTrusted,
      now: Date.now(),
    });
    const known = new Set(await vscode.commands.getCommands(true));
    return lenses.filter(({ command }) => command === '' || known.has(command));
  }

  #lookAgain(): void {
    const documents = vscode.window.visibleTextEditors.map(({ document }) => document).filter(isStudy);
    for (const document of documents) {
      const looked = this.#lenses(document).then((lenses) => {
        const titles = JSON.stringify(lenses);
        const key = document.uri.toString();
        if (this.#lensTitles.get(key) === titles) return;
        this.#lensTitles.set(key, titles);
        this.#lensesChanged.fire();
      });
      logFailure(this.log, 'Study lenses', looked);
    }
  }
}

const kinds = (): Record<StudyCompletion['kind'], vscode.CompletionItemKind> => ({
  setting: vscode.CompletionItemKind.Property,
  value: vscode.CompletionItemKind.Value,
  variant: vscode.CompletionItemKind.Reference,
  benchmark: vscode.CompletionItemKind.Reference,
  file: vscode.CompletionItemKind.File,
});

/** Benchmarks that an experiment file names; null when it cannot be read. */
async function benchmarksOf(file: string | null): Promise<string[] | null> {
  if (file === null) return null;
  try {
    const { parse } = await import('jsonc-parser');
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.file(file)));
    const { experimentSchema } = await import('../experiment/index.js');
    const parsed = experimentSchema.safeParse(parse(text));
    return parsed.success ? parsed.data.evaluation.benchmarks.map(({ name }) => name) : null;
  } catch {
    return null;
  }
}

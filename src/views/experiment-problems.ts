/** What is wrong with experiment files, in the Problems panel: put there by Start, kept true while typing. */
import * as vscode from 'vscode';
import type { Experiment, ExperimentProblem, LoadOptions } from '../experiment/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import { Throttle } from './throttle.js';

export type CheckedExperiment = { experiment: Experiment } | { problems: readonly ExperimentProblem[] };

/** Checks wait for a pause in typing. */
const checkMilliseconds = 400;

export class ExperimentProblems extends Disposable {
  readonly #collection = this.register(vscode.languages.createDiagnosticCollection('G2RL'));
  readonly #edited = new Map<string, vscode.TextDocument>();
  readonly #check = this.register(new Throttle(checkMilliseconds, () => this.#checkEdited()));

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        // Only files that a Start has refused: the editor itself reports what the schema can check.
        if (!this.#collection.has(document.uri)) return;
        this.#edited.set(document.uri.toString(), document);
        this.#check.request();
      }),
    );
    this.register(
      vscode.workspace.onDidDeleteFiles(({ files }) => {
        for (const file of files) this.#collection.delete(file);
      }),
    );
    this.register(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#collection.delete(uri)));
  }

  /**
   * Checks a text as it stands in the editor and shows what is wrong with it.
   * @returns the resolved experiment, or the problems that refuse a run; warnings are shown but do not count
   */
  async check(
    document: vscode.TextDocument,
    engine: Pick<LoadOptions, 'auto' | 'engine'> = {},
  ): Promise<CheckedExperiment> {
    const { ExperimentError, parseExperiment } = await import('../experiment/index.js');
    const { engineChecks } = await import('../engines/checks/index.js');
    const mediaDirectory = vscode.Uri.joinPath(this.extensionUri, 'media').fsPath;
    try {
      const options = { mediaDirectory, engineChecks, ...engine };
      const loaded = parseExperiment(document.getText(), document.uri.fsPath, options);
      this.#show(document, loaded.warnings, vscode.DiagnosticSeverity.Warning);
      return { experiment: loaded.experiment };
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      this.#show(document, error.problems, vscode.DiagnosticSeverity.Error);
      return { problems: error.problems };
    }
  }

  #show(
    document: vscode.TextDocument,
    problems: readonly ExperimentProblem[],
    severity: vscode.DiagnosticSeverity,
  ): void {
    // An empty list stays in the collection: the file is still one that is checked while it is edited.
    this.#collection.set(
      document.uri,
      problems.map((problem) => diagnostic(document, problem, severity)),
    );
  }

  #checkEdited(): void {
    const documents = [...this.#edited.values()].filter((document) => !document.isClosed);
    this.#edited.clear();
    for (const document of documents) logFailure(this.log, 'Checking an experiment', this.check(document));
  }
}

function diagnostic(
  document: vscode.TextDocument,
  problem: ExperimentProblem,
  severity: vscode.DiagnosticSeverity,
): vscode.Diagnostic {
  const start = document.validatePosition(new vscode.Position(problem.line - 1, problem.column - 1));
  const end = document.positionAt(document.offsetAt(start) + problem.length);
  // A place without a length is underlined to the end of its line, or nothing would be seen.
  const range = new vscode.Range(start, problem.length > 0 ? end : document.lineAt(start.line).range.end);
  const text = problem.hint ? `${problem.message}\n${problem.hint}` : problem.message;
  const found = new vscode.Diagnostic(range, text, severity);
  found.source = 'G2RL';
  return found;
}

/** What is wrong with experiment files, in the Problems panel: put there by Start, kept true while typing. */
import * as vscode from 'vscode';
import type { ExperimentProblem } from '../experiment/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';
import { Throttle } from './throttle.js';

/** Typing goes on between two checks. */
const CHECK_MILLISECONDS = 400;

export class ExperimentProblems extends Disposable {
  readonly #collection = this.register(vscode.languages.createDiagnosticCollection('G2RL'));
  readonly #edited = new Map<string, vscode.TextDocument>();
  readonly #check = this.register(new Throttle(CHECK_MILLISECONDS, () => this.#checkEdited()));

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        // Only files that a Start has refused: what a schema can tell, the editor tells by itself.
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
   * @returns the problems that refuse a run; warnings are shown but do not count
   */
  async check(document: vscode.TextDocument): Promise<readonly ExperimentProblem[]> {
    const { ExperimentError, parseExperiment } = await import('../experiment/index.js');
    const mediaDirectory = vscode.Uri.joinPath(this.extensionUri, 'media').fsPath;
    let errors: readonly ExperimentProblem[] = [];
    let warnings: readonly ExperimentProblem[] = [];
    try {
      warnings = parseExperiment(document.getText(), document.uri.fsPath, { mediaDirectory }).warnings;
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      errors = error.problems;
    }
    this.#collection.set(document.uri, [
      ...errors.map((problem) => diagnostic(document, problem, vscode.DiagnosticSeverity.Error)),
      ...warnings.map((problem) => diagnostic(document, problem, vscode.DiagnosticSeverity.Warning)),
    ]);
    return errors;
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

/** What is wrong with files of a language, in the editor and the Problems panel: on opening, while typing, by Start. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { ExperimentProblem, QuickFix } from '../experiment/index.js';
import { Disposable } from './disposable.js';
import { logFailure } from './report.js';

/** Checks wait for a pause in typing. */
const pauseMilliseconds = 300;

/** A diagnostic with the changes that resolve it. */
interface Found {
  diagnostic: vscode.Diagnostic;
  fixes: readonly QuickFix[];
}

/** A text that was examined. @typeParam Value what it means, when it can be run */
export interface Examined<Value> {
  result: Value | { problems: readonly ExperimentProblem[] };
  /** Shown, but they refuse nothing. */
  warnings: readonly ExperimentProblem[];
}

/** @typeParam Value what a file without problems means @typeParam Given what a text is examined with */
export abstract class DocumentProblems<Value extends object, Given extends object>
  extends Disposable
  implements vscode.CodeActionProvider
{
  readonly #collection = this.register(vscode.languages.createDiagnosticCollection('G2RL'));
  readonly #found = new Map<string, { version: number; found: Found[] }>();
  /** What the file was started with last. */
  readonly #given = new Map<string, Given>();
  readonly #pending = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly selector: vscode.DocumentSelector,
    private readonly log: vscode.LogOutputChannel,
  ) {
    super();
    this.register({
      dispose: () => {
        for (const timer of this.#pending.values()) clearTimeout(timer);
      },
    });
    const { workspace, window, languages } = vscode;
    this.register(workspace.onDidOpenTextDocument((document) => this.#request(document, 0)));
    this.register(
      workspace.onDidChangeTextDocument(({ document }) => this.#request(document, pauseMilliseconds)),
    );
    // Files that it names may have come or gone meanwhile.
    this.register(
      window.onDidChangeActiveTextEditor((editor) => editor && this.#request(editor.document, 0)),
    );
    this.register(
      workspace.onDidDeleteFiles(({ files }) => {
        for (const file of files) this.#forget(file);
      }),
    );
    this.register(workspace.onDidCloseTextDocument(({ uri }) => this.#forget(uri)));
    this.register(
      languages.registerCodeActionsProvider(selector, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
    for (const document of workspace.textDocuments) this.#request(document, 0);
  }

  /** Reads a text. @param file where it belongs */
  protected abstract examine(text: string, file: string, given: Partial<Given>): Promise<Examined<Value>>;

  /** What to examine a document with from now on, while it is edited. */
  protected remember({ uri }: vscode.TextDocument, given: Given): void {
    this.#given.set(uri.toString(), given);
  }

  async provideCodeActions(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
    const key = document.uri.toString();
    if (this.#found.get(key)?.version !== document.version) await this.#recheck(document);
    const { applyFix, difference } = await import('../experiment/index.js');
    const formatting = formattingOf(document);
    return (this.#found.get(key)?.found ?? [])
      .filter(({ diagnostic }) => diagnostic.range.intersection(range))
      .flatMap(({ diagnostic, fixes }) =>
        fixes.flatMap(({ title, change }, i) => {
          const text = document.getText();
          const fixed = applyFix(text, change, formatting);
          if (fixed === null || fixed === text) return [];
          const edit = difference(text, fixed);
          const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
          action.edit = new vscode.WorkspaceEdit();
          action.edit.replace(
            document.uri,
            new vscode.Range(
              document.positionAt(edit.offset),
              document.positionAt(edit.offset + edit.length),
            ),
            edit.text,
          );
          action.diagnostics = [diagnostic];
          action.isPreferred = i === 0;
          return [action];
        }),
      );
  }

  #request(document: vscode.TextDocument, milliseconds: number): void {
    if (this.disposed || vscode.languages.match(this.selector, document) === 0) return;
    const key = document.uri.toString();
    clearTimeout(this.#pending.get(key));
    const check = () => {
      this.#pending.delete(key);
      if (!document.isClosed) logFailure(this.log, 'Checking a file', this.#recheck(document));
    };
    this.#pending.set(key, setTimeout(check, milliseconds));
  }

  #recheck(document: vscode.TextDocument): Promise<unknown> {
    return this.show(document, this.#given.get(document.uri.toString()) ?? {});
  }

  #forget(uri: vscode.Uri): void {
    const key = uri.toString();
    clearTimeout(this.#pending.get(key));
    this.#pending.delete(key);
    this.#found.delete(key);
    this.#given.delete(key);
    this.#collection.delete(uri);
  }

  /** Examines a document as it stands, and shows what is wrong with it. */
  protected async show(
    document: vscode.TextDocument,
    given: Partial<Given>,
  ): Promise<Examined<Value>['result']> {
    const { version } = document;
    const { result, warnings } = await this.examine(document.getText(), fileOf(document), given);
    if (document.version !== version || document.isClosed || this.disposed) return result;
    const problems = 'problems' in result ? result.problems : [];
    const json = editorChecksJson(document);
    // In the middle of a word nothing can be checked: what was wrong before stays, and moves with the text.
    if (json && problems.some(({ ofJson, path }) => ofJson && path === '')) return result;
    const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
    const found = [
      ...problems
        .filter(({ ofJson }) => !(ofJson && json))
        .map((problem) => foundOf(document, problem, error)),
      ...warnings.map((problem) => foundOf(document, problem, warning)),
    ];
    this.#found.set(document.uri.toString(), { version, found });
    this.#collection.set(
      document.uri,
      found.map(({ diagnostic }) => diagnostic),
    );
    return result;
  }
}

/** Where the paths of a document are relative to: a new one has no place yet, and will be saved in the workspace. */
export function fileOf({ uri }: vscode.TextDocument): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  return isAbsolute(uri.fsPath) ? uri.fsPath : join(folder ?? homedir(), uri.fsPath);
}

/** Whether the editor itself reports what is wrong with the document as JSON: then it is not said a second time. */
function editorChecksJson(document: vscode.TextDocument): boolean {
  const enabled = vscode.workspace
    .getConfiguration('json', document.uri)
    .get<boolean>('validate.enable', true);
  return enabled && vscode.extensions.getExtension('vscode.json-language-features') !== undefined;
}

function formattingOf(document: vscode.TextDocument) {
  const editor = vscode.window.visibleTextEditors.find((candidate) => candidate.document === document);
  const { tabSize, insertSpaces } = editor?.options ?? {};
  return {
    tabSize: typeof tabSize === 'number' ? tabSize : 2,
    insertSpaces: insertSpaces !== false,
    eol: document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n',
  };
}

function foundOf(
  document: vscode.TextDocument,
  problem: ExperimentProblem,
  severity: vscode.DiagnosticSeverity,
): Found {
  const start = document.validatePosition(new vscode.Position(problem.line - 1, problem.column - 1));
  const end = document.positionAt(document.offsetAt(start) + problem.length);
  // A place without a length is underlined to the end of its line, or nothing would be seen.
  const range = new vscode.Range(start, problem.length > 0 ? end : document.lineAt(start.line).range.end);
  const text = problem.hint ? `${problem.message}\n${problem.hint}` : problem.message;
  const diagnostic = new vscode.Diagnostic(
    range,
    text,
    problem.unused ? vscode.DiagnosticSeverity.Information : severity,
  );
  diagnostic.source = 'G2RL';
  if (problem.unused) diagnostic.tags = [vscode.DiagnosticTag.Unnecessary];
  return { diagnostic, fixes: problem.fixes ?? [] };
}

/** What is wrong with study files. */
import * as vscode from 'vscode';
import type { ExperimentProblem } from '../experiment/index.js';
import type { LoadedStudy, StudyLoadOptions } from '../studies/plan/index.js';
import { DocumentProblems, type Examined } from './document-problems.js';
import { studySelector } from './study-selector.js';

export type CheckedStudy = { study: LoadedStudy } | { problems: readonly ExperimentProblem[] };

type Given = Pick<StudyLoadOptions, 'auto'>;

export class StudyProblems extends DocumentProblems<{ study: LoadedStudy }, Given> {
  constructor(
    private readonly extensionUri: vscode.Uri,
    log: vscode.LogOutputChannel,
  ) {
    super(studySelector, log);
  }

  /** Checks a text as it stands in the editor and shows what is wrong with it. */
  check(document: vscode.TextDocument, engine: Given = {}): Promise<CheckedStudy> {
    if (engine.auto) this.remember(document, engine);
    return this.show(document, engine);
  }

  protected override async examine(
    text: string,
    file: string,
    given: Given,
  ): Promise<Examined<{ study: LoadedStudy }>> {
    const { ExperimentDocument, ExperimentError } = await import('../experiment/index.js');
    const { parseStudy } = await import('../studies/plan/index.js');
    const { engineChecks } = await import('../engines/checks/index.js');
    const mediaDirectory = vscode.Uri.joinPath(this.extensionUri, 'media').fsPath;
    try {
      const study = parseStudy(text, file, { mediaDirectory, engineChecks, ...given });
      return { result: { study }, warnings: study.warnings.filter((warning) => warning.file === file) };
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      const own = error.problems.filter((problem) => problem.file === file);
      const [first] = error.problems;
      if (own.length > 0 || !first) return { result: { problems: own }, warnings: [] };
      // What is wrong with the experiment is shown in its own file; here only that something is.
      const where = `${vscode.workspace.asRelativePath(first.file)}:${first.line}`;
      const there = new ExperimentDocument(text, file).problem(
        ['experiment'],
        `${where}: ${first.message}`,
        first.hint,
      );
      return { result: { problems: [there] }, warnings: [] };
    }
  }
}

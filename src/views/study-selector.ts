/** Which documents are study files: by their language, or by name. */
import * as vscode from 'vscode';

/** Of files and of new documents; not of other versions of a file, as comparisons show them. */
export const studySelector: vscode.DocumentSelector = ['file', 'untitled'].flatMap((scheme) => [
  { scheme, language: 'g2rl-study' },
  { scheme, pattern: '**/*.{g2rl-study.json,g2rl-study.jsonc}' },
]);

export const studyPattern = '**/*.{g2rl-study.json,g2rl-study.jsonc}';

export function isStudy(document: vscode.TextDocument): boolean {
  return vscode.languages.match(studySelector, document) > 0;
}

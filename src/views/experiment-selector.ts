/** Which documents are experiment files: by their language, which a nameless or loose file can be given, or by name. */
import * as vscode from 'vscode';

/** Of files and of new documents; not of other versions of a file, as comparisons show them. */
export const experimentSelector: vscode.DocumentSelector = ['file', 'untitled'].flatMap((scheme) => [
  { scheme, language: 'g2rl-experiment' },
  { scheme, pattern: '**/*.{g2rl.json,g2rl.jsonc}' },
]);

export function isExperiment(document: vscode.TextDocument): boolean {
  return vscode.languages.match(experimentSelector, document) > 0;
}

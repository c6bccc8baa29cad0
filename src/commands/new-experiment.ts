/** New Experiment: writes one of several commented examples into the workspace and opens it. */
import * as vscode from 'vscode';
import { chooseFolder } from './choose-folder.js';
import { createFile } from './create-file.js';
import { ownData } from './own-data.js';
import type { Services } from './services.js';
import type { NewFile } from './template.js';

interface Kind extends vscode.QuickPickItem {
  /** Null when the person stopped halfway. */
  files(example: (name: string) => Promise<string>, folder: vscode.Uri): Promise<NewFile[] | null>;
}

const kinds = (): Kind[] => [
  {
    label: vscode.l10n.t('Countdown'),
    description: vscode.l10n.t('this machine, minutes'),
    detail: vscode.l10n.t('A small shipped policy learns to reach a number from others. Needs nothing else.'),
    files: async (example) => [{ name: 'countdown', text: await example('countdown') }],
  },
  {
    label: vscode.l10n.t('Countdown, G2RL and GRPO'),
    description: vscode.l10n.t('this machine, minutes'),
    detail: vscode.l10n.t('Two experiments with the same seed that differ in the method only, to compare.'),
    files: async (example) => {
      const { pairOf } = await import('./template.js');
      return pairOf(await example('countdown'), await example('countdown-grpo'));
    },
  },
  {
    label: vscode.l10n.t('Countdown, where groups collapse'),
    description: vscode.l10n.t('this machine, minutes'),
    detail: vscode.l10n.t('A learning rate at which GRPO loses what it could solve, to compare methods on.'),
    files: async (example) => [{ name: 'countdown-collapse', text: await example('countdown-collapse') }],
  },
  {
    label: vscode.l10n.t('Mathematics'),
    description: vscode.l10n.t('one GPU'),
    detail: vscode.l10n.t('Qwen3-1.7B-Base on MATH with low-rank adapters.'),
    files: async (example) => [{ name: 'math', text: await example('math') }],
  },
  {
    label: vscode.l10n.t('Mathematics with vLLM'),
    description: vscode.l10n.t('four GPUs'),
    detail: vscode.l10n.t('Qwen3-1.7B-Base on MATH, all weights, at the size of the paper.'),
    files: async (example) => [{ name: 'math-4-gpus', text: await example('math-4-gpus') }],
  },
  {
    label: vscode.l10n.t('My Own Problems…'),
    description: vscode.l10n.t('one GPU'),
    detail: vscode.l10n.t('A JSON Lines, JSON, CSV, TSV or parquet file of problems and answers.'),
    files: async (example, folder) => {
      const file = await ownData(await example('math'), folder);
      return file && [file];
    },
  },
];

export async function newExperiment({ extensionUri, log }: Services): Promise<void> {
  const folder = await chooseFolder(vscode.window.activeTextEditor?.document.uri);
  if (!folder) return;
  const kind = await vscode.window.showQuickPick(kinds(), {
    title: vscode.l10n.t('New Experiment'),
    placeHolder: vscode.l10n.t('What to train'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  const example = async (name: string): Promise<string> => {
    const uri = vscode.Uri.joinPath(extensionUri, 'media', 'experiments', `${name}.g2rl.json`);
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  };
  const files = await kind?.files(example, folder.uri);
  if (!files) return;
  for (const [i, file] of files.entries()) {
    const target = await createFile(folder.uri, file.name, '.g2rl.json', file.text);
    log.info(`Wrote ${target.fsPath}`);
    const viewColumn = i === 0 ? vscode.ViewColumn.Active : vscode.ViewColumn.Beside;
    await vscode.window.showTextDocument(target, { preview: false, viewColumn });
  }
}

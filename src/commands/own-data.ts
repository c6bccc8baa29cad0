/** An experiment on a file of one's own: which file, and which of its fields are the problem and the answer. */
import { basename, isAbsolute, relative, sep } from 'node:path';
import * as vscode from 'vscode';
import type { NewFile } from './template.js';

/** @param math the shipped example of mathematics on one GPU. @returns null when the person stopped halfway */
export async function ownData(math: string, folder: vscode.Uri): Promise<NewFile | null> {
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('File of Problems'),
    openLabel: vscode.l10n.t('Use'),
    defaultUri: folder,
    filters: {
      [vscode.l10n.t('Problems')]: ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet', 'gz'],
    },
  });
  const file = chosen?.[0]?.fsPath;
  if (file === undefined) return null;
  const { detectFields } = await import('../benchmarks/index.js');
  const detected = await detectFields(file);
  const problem =
    detected.problem ?? (await askField(detected.fields, vscode.l10n.t('Field with the problem')));
  if (problem === undefined) return null;
  const others = detected.fields.filter((field) => field !== problem);
  const answer = detected.answer ?? (await askField(others, vscode.l10n.t('Field with the answer')));
  if (answer === undefined) return null;
  const { ownDataExperiment } = await import('./template.js');
  const { choices, answerIn } = detected;
  return ownDataExperiment(math, nameOf(file), {
    file: inside(folder.fsPath, file),
    problem,
    answer,
    ...(choices !== undefined && { choices }),
    ...(answerIn !== undefined && { answerIn }),
  });
}

async function askField(fields: readonly string[], placeHolder: string): Promise<string | undefined> {
  return vscode.window.showQuickPick([...fields], { title: vscode.l10n.t('New Experiment'), placeHolder });
}

/** As an experiment may be named. */
function nameOf(file: string): string {
  const name = basename(file).replace(/(\.[a-z]+)(\.gz)?$/i, '');
  return (
    name
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 64) || 'own-problems'
  );
}

/** Relative to the experiment file where that is in the same folder or above; else absolute. */
function inside(folder: string, file: string): string {
  const path = relative(folder, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/');
}

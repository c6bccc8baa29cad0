/** Which column of a table is what: asked once for tables of the same columns, and remembered for the workspace. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { UnmappedColumns } from '../actions/logs/index.js';
import type { TableMap } from '../logs/index.js';

const key = 'g2rl.tableMaps';

const signOf = ({ numbers, texts }: UnmappedColumns): string => [...numbers, '', ...texts].join('\n');

export class TableMaps {
  constructor(private readonly state: vscode.Memento) {}

  /** Null when the person does not say. */
  async of(columns: UnmappedColumns): Promise<TableMap | null> {
    const known = this.state.get<Record<string, TableMap>>(key, {});
    const before = known[signOf(columns)];
    if (before) return before;
    const map = await askMap(columns);
    if (map) await this.state.update(key, { ...known, [signOf(columns)]: map });
    return map;
  }
}

async function askMap({ file, numbers, texts }: UnmappedColumns): Promise<TableMap | null> {
  const title = vscode.l10n.t('Columns of {0}', basename(file));
  const ask = (columns: readonly string[], placeHolder: string) =>
    vscode.window.showQuickPick([...columns], { title, placeHolder });
  const step = await ask(numbers, vscode.l10n.t('Column with the step of the training'));
  if (step === undefined) return null;
  if (texts.length === 0) return { step };
  const none = vscode.l10n.t('None: a row is a step, not a response');
  const completion = await ask([none, ...texts], vscode.l10n.t('Column with the response'));
  if (completion === undefined) return null;
  if (completion === none) return { step };
  const without = vscode.l10n.t('None');
  const prompts = texts.filter((name) => name !== completion);
  const prompt = await ask([...prompts, without], vscode.l10n.t('Column with the prompt'));
  if (prompt === undefined) return null;
  const rewards = numbers.filter((name) => name !== step);
  const reward = await ask([...rewards, without], vscode.l10n.t('Column with the reward'));
  if (reward === undefined) return null;
  return {
    step,
    completion,
    ...(prompt !== without && { prompt }),
    ...(reward !== without && { reward }),
  };
}

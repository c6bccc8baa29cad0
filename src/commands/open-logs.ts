/** Open Logs: a file or folder of another program's logs, as runs. */
import * as vscode from 'vscode';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

export async function openLogs(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Opening logs'));
  const uri = argument instanceof vscode.Uri ? argument : await chooseLogs();
  if (!uri) return;
  const runs = await services.logsOfOthers.open(uri);
  if (!runs) return;
  const [first] = runs;
  if (runs.length === 1 && first) services.dashboards.open(first);
  else services.table.open();
}

/** Not every system's dialog offers files and folders at once. */
async function chooseLogs(): Promise<vscode.Uri | null> {
  const folder = vscode.l10n.t('A folder: of TRL, verl, TensorBoard, W&B, trackio, lm-evaluation-harness');
  const file = vscode.l10n.t(
    'A file: event file, trainer_state.json, *.wandb, *.db, *.jsonl, *.csv, results_*.json',
  );
  const kind = await vscode.window.showQuickPick(
    [
      { label: `$(folder) ${folder}`, isFile: false },
      { label: `$(file) ${file}`, isFile: true },
    ],
    { title: vscode.l10n.t('Open Logs'), placeHolder: vscode.l10n.t('What to open') },
  );
  if (!kind) return null;
  const chosen = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Open Logs'),
    openLabel: vscode.l10n.t('Open'),
    canSelectFiles: kind.isFile,
    canSelectFolders: !kind.isFile,
  });
  return chosen?.[0] ?? null;
}

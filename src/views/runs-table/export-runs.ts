/** Export of the selected runs: the table as it is seen, or their records, into a file of one's choice. */
import { writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { ShownTable } from '../../contract/index.js';
import {
  type ExportedRecords,
  type ExportFormat,
  exportRecords,
  type TableFormat,
  writeTable,
} from '../../export/index.js';

type Choice = vscode.QuickPickItem &
  ({ table: TableFormat } | { records: ExportedRecords; format: ExportFormat });

const endings: Record<TableFormat, string> = { csv: 'csv', markdown: 'md', latex: 'tex' };

/** @throws {RunFileError} */
export async function exportRuns(directories: readonly string[], table: ShownTable): Promise<void> {
  if (directories.length === 0) return;
  const choice = await vscode.window.showQuickPick(choices(), {
    title:
      directories.length === 1
        ? vscode.l10n.t('Export 1 Run')
        : vscode.l10n.t('Export {0} Runs', directories.length),
  });
  if (!choice) return;
  const isTable = 'table' in choice;
  const name = isTable ? 'runs' : choice.records;
  const ending = isTable ? endings[choice.table] : choice.format;
  const file = await askForFile(`${name}.${ending}`, ending);
  if (!file) return;
  const done = vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Exporting…') },
    async () => {
      if (isTable) await writeFile(file, writeTable(table, choice.table));
      else await exportRecords({ runs: directories, records: choice.records, format: choice.format, file });
    },
  );
  await done;
  vscode.window.setStatusBarMessage(vscode.l10n.t('G2RL: exported to {0}', file), 10_000);
}

function choices(): Choice[] {
  const tables: Choice[] = [
    { label: vscode.l10n.t('This Table as CSV'), table: 'csv' },
    { label: vscode.l10n.t('This Table as Markdown'), table: 'markdown' },
    { label: vscode.l10n.t('This Table as LaTeX'), table: 'latex' },
  ];
  const kinds: [ExportedRecords, string, string][] = [
    ['metrics', vscode.l10n.t('Metrics'), vscode.l10n.t('one row a step')],
    ['benchmarks', vscode.l10n.t('Scores'), vscode.l10n.t('one row a step and benchmark')],
    ['groups', vscode.l10n.t('Groups'), vscode.l10n.t('one row a response')],
  ];
  const records = kinds.flatMap(([kind, label, description]): Choice[] => [
    { label: vscode.l10n.t('{0} as CSV', label), description, records: kind, format: 'csv' },
    { label: vscode.l10n.t('{0} as Parquet', label), description, records: kind, format: 'parquet' },
  ]);
  return [...tables, ...records];
}

async function askForFile(name: string, ending: string): Promise<string | null> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Runs'),
    saveLabel: vscode.l10n.t('Export'),
    filters: { [ending]: [ending] },
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  return uri?.fsPath ?? null;
}

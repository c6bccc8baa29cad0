/** New Experiment: writes a commented example into the workspace and opens it. */
import * as vscode from 'vscode';
import { chooseFolder } from './pick.js';
import type { Services } from './services.js';

export async function newExperiment({ extensionUri, log }: Services): Promise<void> {
  const folder = await chooseFolder(vscode.window.activeTextEditor?.document.uri);
  if (!folder) return;
  const template = vscode.Uri.joinPath(extensionUri, 'media', 'experiments', 'countdown.g2rl.json');
  const { experimentFromTemplate } = await import('./template.js');
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(template));
  const target = await create(folder.uri, new TextEncoder().encode(experimentFromTemplate(text)));
  log.info(`Wrote ${target.fsPath}`);
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(target));
}

/** Writes under the first free name; `createFile` without overwrite decides, so that no file is lost to a race. */
async function create(folder: vscode.Uri, content: Uint8Array): Promise<vscode.Uri> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'countdown.g2rl.json' : `countdown-${number}.g2rl.json`;
    const target = vscode.Uri.joinPath(folder, name);
    const edit = new vscode.WorkspaceEdit();
    edit.createFile(target, { overwrite: false, ignoreIfExists: false, contents: content });
    if (!(await exists(target)) && (await vscode.workspace.applyEdit(edit))) return target;
    if (!(await exists(target))) {
      throw new Error(`${target.fsPath} could not be written. Is the folder writable and the disk not full?`);
    }
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** Where the parts of the extension lie that a trainer needs. */
import * as vscode from 'vscode';
import type { Services } from './services.js';

/** The bundle that the trainer process runs. */
export function trainerPath({ extensionUri }: Services): string {
  return vscode.Uri.joinPath(extensionUri, 'dist', 'trainer.cjs').fsPath;
}

/** The folder that holds the Python package of the torch engine. */
export function torchPackage({ extensionUri }: Services): string {
  return vscode.Uri.joinPath(extensionUri, 'src', 'torch').fsPath;
}

/** The folder with the shipped policies. */
export function mediaDirectory({ extensionUri }: Services): string {
  return vscode.Uri.joinPath(extensionUri, 'media').fsPath;
}

/** Puts one of the built pages into a webview. */
import * as vscode from 'vscode';
import { createNonce, pageLanguage, webviewHtml } from './webview-html.js';

export interface BuiltPage {
  entry: 'compare' | 'dashboard' | 'judge' | 'panel' | 'runs' | 'setup';
  title: string;
  extensionUri: vscode.Uri;
  /** What a page kept whose place this one takes. */
  state?: unknown;
}

/** Folder of the built pages: the only one that webviews may read. */
export function webviewRoot(extensionUri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
}

export function loadPage(webview: vscode.Webview, { entry, title, extensionUri, state }: BuiltPage): void {
  const root = webviewRoot(extensionUri);
  webview.options = { enableScripts: true, localResourceRoots: [root] };
  webview.html = webviewHtml({
    title,
    scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(root, `${entry}.js`)).toString(),
    styleUri: webview.asWebviewUri(vscode.Uri.joinPath(root, 'webview.css')).toString(),
    cspSource: webview.cspSource,
    nonce: createNonce(),
    ...pageLanguage(vscode.l10n.bundle, vscode.env.language),
    state,
  });
}

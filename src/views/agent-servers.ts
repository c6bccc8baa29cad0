/** The runs of this workspace for agents in the editor: a server of the Model Context Protocol a workspace folder. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import { agentsMayControl, chosenPython, runsDirectory } from './settings.js';

/** As `mcpServerDefinitionProviders` in package.json has it. */
const providerId = 'g2rl.runs';

export class AgentServers extends Disposable {
  readonly #changed = this.register(new vscode.EventEmitter<void>());

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly version: string,
  ) {
    super();
    // Editors that are built from the same source do not all have it.
    if (typeof vscode.lm?.registerMcpServerDefinitionProvider !== 'function') return;
    this.register(
      vscode.lm.registerMcpServerDefinitionProvider(providerId, {
        onDidChangeMcpServerDefinitions: this.#changed.event,
        provideMcpServerDefinitions: () => this.#servers(),
      }),
    );
    const changed = () => this.#changed.fire();
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(changed));
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(changed));
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        const settings = ['g2rl.runsDirectory', 'g2rl.python', 'g2rl.agents.allowControl'];
        if (settings.some((setting) => event.affectsConfiguration(setting))) changed();
      }),
    );
  }

  /** None before the workspace is trusted: what agents read and start is the workspace's. */
  #servers(): vscode.McpStdioServerDefinition[] {
    if (!vscode.workspace.isTrusted) return [];
    const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
    return folders.map((folder) => {
      const name =
        folders.length === 1 ? vscode.l10n.t('G2RL Runs') : vscode.l10n.t('G2RL Runs ({0})', folder.name);
      const python = chosenPython();
      const server = new vscode.McpStdioServerDefinition(
        name,
        process.execPath,
        [
          vscode.Uri.joinPath(this.extensionUri, 'dist', 'cli.cjs').fsPath,
          'mcp',
          '--runs',
          runsDirectory(folder),
          ...(agentsMayControl() ? ['--allow-control'] : []),
          ...(python === '' ? [] : ['--python', python]),
        ],
        { ELECTRON_RUN_AS_NODE: '1' },
        this.version,
      );
      server.cwd = folder.uri;
      return server;
    });
  }
}

/** A code-server of its own for one test: fresh user data, the packaged extension, a random port. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { prepared } from './environment.js';

export interface CodeServer {
  url: string;
  /** Where the extension's log channel and the server's own logs are written. */
  logs: string;
  settingsFile: string;
  stop(): Promise<void>;
}

/** The variable that names the folder of the extension that is installed once for all tests. */
export const sharedExtensions = 'G2RL_WORKBENCH_EXTENSIONS';

/** Nothing that asks, greets, reports or updates by itself; everything else as people have it. */
const settings = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  // Otherwise the browser's preference decides.
  'workbench.colorTheme': 'Dark 2026',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.enableExperiments': false,
  'workbench.settings.enableNaturalLanguageSearch': false,
  'chat.disableAIFeatures': true,
  'security.workspace.trust.banner': 'never',
  'security.workspace.trust.startupPrompt': 'always',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'window.commandCenter': false,
  'git.enabled': false,
};

/** Installs the packaged extension into a folder of its own below `home`, which it returns. */
export async function installExtension(home: string): Promise<string> {
  const extensions = join(home, 'extensions');
  const parameters = [
    ...(await commonParameters(home, extensions)),
    '--install-extension',
    prepared('G2RL_VSIX'),
  ];
  await promisify(execFile)(prepared('G2RL_WORKBENCH_NODE'), parameters, { env: serverEnvironment(home) });
  return extensions;
}

async function commonParameters(home: string, extensions: string): Promise<string[]> {
  const configuration = join(home, 'config.yaml');
  await writeFile(configuration, 'auth: none\ncert: false\n');
  const folders = ['--user-data-dir', dataOf(home), '--extensions-dir', extensions];
  return [prepared('G2RL_WORKBENCH_SERVER'), '--config', configuration, ...folders];
}

const dataOf = (home: string) => join(home, 'data');

/**
 * Starts the server on `home` (a new folder), with the extension that all tests share or one installed for it. Throws
 * with its last output when it does not come up. Other languages than `en` change the extension's texts only.
 */
export async function startServer(
  home: string,
  language = 'en',
  environment: NodeJS.ProcessEnv = {},
): Promise<CodeServer> {
  const data = dataOf(home);
  await mkdir(join(data, 'User'), { recursive: true });
  if (language !== 'en') await addLanguage(data, language);
  const settingsFile = join(data, 'User/settings.json');
  await writeFile(settingsFile, JSON.stringify(settings, null, 2));
  const extensions = process.env[sharedExtensions] ?? (await installExtension(home));
  const child = spawn(
    prepared('G2RL_WORKBENCH_NODE'),
    [
      ...(await commonParameters(home, extensions)),
      '--bind-addr',
      '127.0.0.1:0',
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
      '--locale',
      language,
      '--log',
      'debug',
    ],
    {
      env: { ...serverEnvironment(home), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const log = createWriteStream(join(home, 'server.log'));
  child.stderr.pipe(log, { end: false });
  const url = await listening(child, log);
  return { url, logs: join(data, 'logs'), settingsFile, stop: () => stop(child) };
}

/** What the editor keeps of an installed language pack; this one has no text of the editor's own. */
async function addLanguage(data: string, language: string): Promise<void> {
  const texts = join(data, 'no-texts.json');
  await writeFile(texts, JSON.stringify({ contents: {} }));
  const extension = { extensionIdentifier: { id: `test.language-pack-${language}` }, version: '1.0.0' };
  const pack = { hash: language, extensions: [extension], translations: { vscode: texts }, label: language };
  await writeFile(join(data, 'languagepacks.json'), JSON.stringify({ [language]: pack }));
}

/** The server's environment: this process's own, less what would make it think that it runs inside an editor. */
function serverEnvironment(home: string): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = { ...process.env, XDG_DATA_HOME: join(home, 'share') };
  for (const name of Object.keys(environment)) {
    if (/^(VSCODE_|VITEST|NODE_OPTIONS|npm_|PORT$|PASSWORD$)/.test(name)) delete environment[name];
  }
  return environment;
}

function listening(child: ChildProcess, log: NodeJS.WritableStream): Promise<string> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      log.write(`${line}\n`);
      lines.push(line);
      const address = /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`code-server ended with ${code}:\n${lines.slice(-20).join('\n')}`)),
    );
  });
}

/** Ends the server with the processes that it started (the extension host); trainers have groups of their own. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid!, 'SIGTERM');
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

/** An editor window: one code-server, one browser, one page, and what is common to all tests that use them. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { prepared } from './environment.js';
import { CommandPalette } from './palette.js';
import { type CodeServer, startServer } from './server.js';
import { until } from './until.js';

/** Pictures of the last run, kept for people to look at. The tools run in the checkout's root. */
const screenshots = resolve('test/workbench/screenshots');

export interface Editor {
  page: Page;
  server: CodeServer;
  /** Uncaught errors and console errors of the page, for messages of failing tests. */
  problems: string[];
  /** Loads the window again and waits until it can be used. */
  reload(): Promise<void>;
  /** Changes the colour theme and waits until the window has it. */
  theme(theme: Theme): Promise<void>;
  /** Saves a picture as `<name>.png`. */
  picture(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Colour themes: the editor's names for each, and the classes by which its window and its webviews know it. */
export const themes = {
  dark: { label: 'Dark 2026', setting: 'Dark 2026', window: 'vs-dark', webview: 'vscode-dark' },
  light: { label: 'Light 2026', setting: 'Light 2026', window: 'vs', webview: 'vscode-light' },
  'high-contrast': {
    label: 'Dark High Contrast',
    setting: 'Default High Contrast',
    window: 'hc-black',
    webview: 'vscode-high-contrast',
  },
  'high-contrast-light': {
    label: 'Light High Contrast',
    setting: 'Default High Contrast Light',
    window: 'hc-light',
    webview: 'vscode-high-contrast-light',
  },
} as const;
export type Theme = keyof typeof themes;

export interface EditorOptions {
  /** Folder to open. */
  folder: string;
  /** Answer to "Do you trust the authors?". Default true. */
  trust?: boolean;
  /** The display language, in which only the extension has texts. Default `en`. */
  language?: string;
  /** Variables of the server, and so of the extension host and of what it starts. */
  environment?: NodeJS.ProcessEnv;
}

/** Opens `folder` in a fresh editor with the packaged extension installed. */
export async function startEditor({
  folder,
  trust = true,
  language = 'en',
  environment = {},
}: EditorOptions): Promise<Editor> {
  const home = await mkdtemp(join(tmpdir(), 'g2rl-workbench-'));
  await mkdir(screenshots, { recursive: true });
  const server = await startServer(home, language, environment);
  let browser: Browser | undefined;
  let shown: Page | undefined;
  const close = async () => {
    await browser?.close();
    await server.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    browser = await chromium.launch({
      executablePath: prepared('G2RL_WORKBENCH_BROWSER'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    const context = await browser.newContext({ viewport: { width: 1440, height: 960 } });
    const page = await context.newPage();
    shown = page;
    const palette = new CommandPalette(page);
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(`${server.url}/?folder=${encodeURIComponent(folder)}`);
    await answerTrust(page, trust);
    await usable(page);
    return {
      page,
      server,
      problems,
      reload: async () => {
        await page.reload();
        await usable(page);
      },
      theme: async (theme) => {
        const { label, setting, window } = themes[theme];
        await palette.run('Preferences: Color Theme');
        await palette.choose(label);
        await page.locator(`.monaco-workbench.${window}`).waitFor();
        // The window has the colours at once, for a preview; the setting is what a reload brings back. The editor
        // leaves out what is its default.
        await until('the setting to be saved', async () => {
          const saved = JSON.parse(await readFile(server.settingsFile, 'utf8'))['workbench.colorTheme'];
          return saved === undefined || saved === setting;
        });
      },
      picture: async (name) => {
        await page.screenshot({ path: join(screenshots, `${name}.png`) });
      },
      close,
    };
  } catch (error) {
    await shown?.screenshot({ path: join(screenshots, 'failed-to-open.png') });
    await close();
    throw error;
  }
}

/** The window asks once for each new folder. */
async function answerTrust(page: Page, trust: boolean): Promise<void> {
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.waitFor({ timeout: 25_000 });
  await dialog
    .getByRole('button', { name: trust ? 'Yes, I trust the authors' : "No, I don't trust the authors" })
    .click();
  await dialog.waitFor({ state: 'detached' });
}

async function usable(page: Page): Promise<void> {
  await page.locator('.monaco-workbench .activitybar').waitFor({ timeout: 25_000 });
  await page.locator('.explorer-folders-view, .pane-body').first().waitFor({ timeout: 25_000 });
}

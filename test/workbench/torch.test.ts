/** The torch engine as a user meets it: what is missing, one button that brings it, and a run on the processor. */
import { readFile, writeFile } from 'node:fs/promises';
import { applyEdits, modify } from 'jsonc-parser';
import type { FrameLocator } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  RunFiles,
  setupFrame,
  startEditor,
  until,
  type Workspace,
} from './index.js';

const INSTALL_SECONDS = 600;

async function useTorch(file: string): Promise<void> {
  let text = await readFile(file, 'utf8');
  for (const [name, value] of [
    ['engine', 'torch'],
    ['threads', 1],
  ] as const) {
    const formattingOptions = { tabSize: 2, insertSpaces: true };
    text = applyEdits(text, modify(text, [name], value, { formattingOptions }));
  }
  await writeFile(file, text);
}

describe('the torch engine', () => {
  let workspace: Workspace;
  let editor: Editor;
  let palette: CommandPalette;
  let window: EditorWindow;
  let setup: FrameLocator;
  let run: RunFiles;
  let broken: string | null = null;

  const stopped = async () => (await run.status()).state === 'stopped';
  const stateOf = () => setup.getByTestId('setup').getAttribute('data-state');

  beforeAll(async () => {
    workspace = await createWorkspace();
    await useTorch(workspace.experiment);
    // What pip would compile is compiled where it is first used: nine tenths of it never.
    editor = await startEditor({ folder: workspace.folder, environment: { PIP_NO_COMPILE: '1' } });
    palette = new CommandPalette(editor.page);
    window = new EditorWindow(editor.page);
  });
  afterAll(async () => {
    await run?.kill();
    await editor?.close();
    await workspace?.remove();
  });
  beforeEach((context) => {
    if (broken) context.skip(`"${broken}" failed`);
    context.onTestFailed(async () => {
      broken = context.task.name;
      console.error(editor.problems.join('\n'));
      await editor.picture(`failed-${context.task.name.replace(/\W+/g, '-')}`);
    });
  });

  test('a start without an environment leads to the setup', async () => {
    await window.showRuns();
    await window.open('countdown.g2rl.json');
    await palette.run('G2RL: Start Training');
    const message = editor.page.locator('.notification-list-item', { hasText: 'lacks' });
    await message.waitFor({ timeout: 60_000 });
    await message.getByRole('button', { name: 'Set Up GPU Engine' }).click();
    setup = await setupFrame(editor.page);
    await until('the environment to be looked at', async () => (await stateOf()) === 'missing', 120);
    expect(await setup.getByTestId('problem').first().textContent()).toContain('torch');
    expect(await setup.getByTestId('packages').locator('tbody tr').count()).toBeGreaterThan(5);
    await editor.picture('setup-missing');
  });

  test(
    'one button installs what is missing',
    async () => {
      await setup.locator('vscode-checkbox').click();
      await setup.getByTestId('install').click();
      await until('lines of the installer', async () =>
        (await setup.getByTestId('log').textContent())?.includes('torch'),
      );
      await editor.picture('setup-installing');
      await until('the installation', async () => (await stateOf()) === 'cpu', INSTALL_SECONDS);
      expect(await setup.getByTestId('verdict').textContent()).toBe('Ready, on the processor');
      expect(await setup.getByTestId('install').count()).toBe(0);
      await editor.picture('setup-ready');
    },
    1000 * (INSTALL_SECONDS + 60),
  );

  test('a run starts, is shown and stops with a checkpoint', async () => {
    await window.open('countdown.g2rl.json');
    await palette.run('G2RL: Start Training');
    // Without a GPU it asks first.
    await editor.page.getByRole('button', { name: 'Start Anyway' }).click({ timeout: 60_000 });
    run = await RunFiles.first(workspace.folder);
    await until('two steps', async () => (await run.metrics()).length >= 2, 120);
    await palette.run('G2RL: Open Dashboard');
    const dashboard = await dashboardFrame(editor.page);
    await dashboard.getByText('Training pass@1').first().waitFor();
    expect(await dashboard.getByTestId('dashboard').isVisible()).toBe(true);
    await editor.picture('torch-dashboard');
    await palette.run('G2RL: Stop Training');
    await until('the run to stop', stopped, 120);
    const status = await run.status();
    expect(status.checkpointStep).toBe(status.step);
  });

  test('it resumes where it was', async () => {
    const before = (await run.status()).step;
    await palette.run('G2RL: Resume');
    await until('another step', async () => (await run.metrics()).some(({ step }) => step > before), 120);
    await palette.run('G2RL: Stop Training');
    await until('the run to stop again', stopped, 120);
    expect((await run.status()).step).toBeGreaterThan(before);
  });
});

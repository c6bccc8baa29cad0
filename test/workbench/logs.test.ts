/** Logs of other programs: opened as a folder, shown as editors, and followed while they grow. */
import { appendFileSync, copyFileSync, cpSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scalarsEvent } from '../../src/tensorboard/event.js';
import { frame } from '../../src/tensorboard/records.js';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  startEditor,
  until,
  type Workspace,
} from './index.js';

const fixtures = resolve('test/fixtures/logs');
const events = 'events.out.tfevents.1700000000.machine.1.0';

let workspace: Workspace;
let editor: Editor;

beforeAll(async () => {
  workspace = await createWorkspace();
  cpSync(join(fixtures, 'trl'), join(workspace.folder, 'trl'), { recursive: true });
  mkdirSync(join(workspace.folder, 'board'));
  copyFileSync(join(fixtures, 'tensorboard', events), join(workspace.folder, 'board', events));
  editor = await startEditor({ folder: workspace.folder });
});

afterAll(async () => {
  await editor?.close();
  await workspace?.remove();
});

/** A folder through the command, again where a view that has just loaded took the focus, which closes the dialog. */
async function openLogs(page: Page, folder: string): Promise<void> {
  const palette = new CommandPalette(page);
  const dialog = page.locator('.quick-input-widget', { hasText: 'Open Logs' });
  const path = dialog.locator('input[type="text"]');
  await until('the logs to open', async () => {
    await palette.run('G2RL: Open Logs');
    // The dialog takes the place of the list at once.
    await page
      .locator('.quick-input-list .monaco-list-row', { hasText: 'A folder' })
      .first()
      .click({ timeout: 5000 });
    await dialog.waitFor({ timeout: 5000 });
    while (await path.isVisible()) {
      // It fills in the folder when it has read it, over what is typed already.
      await path.fill(`${folder}/`, { timeout: 2000 });
      await page.waitForTimeout(500);
      await page.keyboard.press('Enter');
      await page.waitForTimeout(1500);
    }
    await page.locator('.tab.active', { hasText: basename(folder) }).waitFor({ timeout: 10_000 });
    return true;
  });
}

/** An editor that is no text editor. */
async function quickOpen(page: Page, name: string): Promise<void> {
  await until(`"${name}" to be found`, async () => {
    await page.keyboard.press('Control+P');
    await page.locator('.quick-input-widget input[type="text"]').fill(name, { timeout: 3000 });
    await page
      .locator('.quick-input-list .monaco-list-row', { hasText: name })
      .first()
      .click({ timeout: 3000 });
    return true;
  });
  await page.locator('.tab.active', { hasText: name }).waitFor();
}

describe('Open Logs', () => {
  test('a folder of TRL becomes a run with its curves, responses, and what its log cannot give', async () => {
    const { page, picture } = editor;
    await openLogs(page, join(workspace.folder, 'trl'));
    const dashboard = await dashboardFrame(page);
    await dashboard.getByTestId('state').getByText('imported').waitFor();
    expect(await dashboard.getByTestId('progress').getAttribute('data-step')).toBe('6');
    expect(await dashboard.getByTestId('resume').count()).toBe(0);
    expect(await dashboard.getByTestId('stop').count()).toBe(0);
    await dashboard.getByText('Reward', { exact: true }).first().waitFor();
    await picture('logs-training');
    await dashboard.getByRole('tab', { name: 'Geometry' }).click();
    expect(await dashboard.getByTestId('no-geometry').textContent()).toContain('RunDirectoryCallback');
    await dashboard.getByRole('tab', { name: 'Rollouts' }).click();
    await until('the responses of step 6', async () =>
      /8 responses/.test((await dashboard.getByTestId('response-count').textContent()) ?? ''),
    );
    await picture('logs-rollouts');
    const [run = ''] = readdirSync(join(workspace.folder, '.g2rl', 'runs'));
    expect(run).toMatch(/-trl-[0-9a-f]{8}$/);
  });

  test('an event file opens as the dashboard of its run, which grows with it', async () => {
    const { page, picture } = editor;
    const window = new EditorWindow(page);
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+W');
    await quickOpen(page, events);
    const dashboard = await dashboardFrame(page);
    await until(
      'the run of the file',
      async () => (await dashboard.getByTestId('progress').getAttribute('data-step')) === '6',
    );
    const file = join(workspace.folder, 'board', events);
    appendFileSync(file, frame(scalarsEvent(7, Date.now() / 1000, { 'train/reward': 0.75 })));
    await until(
      'the step that was added',
      async () => (await dashboard.getByTestId('progress').getAttribute('data-step')) === '7',
    );
    await picture('logs-events');
    await window.showRuns();
    await until('both runs in the explorer', async () => {
      const rows = await page.locator('.monaco-list-row', { hasText: /trl|board/ }).allTextContents();
      return rows.length >= 2;
    });
    await picture('logs-explorer');

    // The window after a reload goes on with the logs of the one before it.
    await editor.reload();
    await window.showRuns();
    for (const step of [8, 9]) {
      appendFileSync(file, frame(scalarsEvent(step, Date.now() / 1000, { 'train/reward': 0.5 })));
      await page.locator('.monaco-list-row', { hasText: `imported, ${step} steps` }).waitFor();
    }
  });
});

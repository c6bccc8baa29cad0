/** Before anything is trained: the first experiment file, its checks while typing, and a folder without trust. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CommandPalette, createWorkspace, type Editor, EditorWindow, startEditor, until } from './index.js';

async function withEditor(trust: boolean, use: (editor: Editor, folder: string) => Promise<void>) {
  const workspace = await createWorkspace();
  // One test writes the file itself, the other has to find one.
  if (trust) await rm(workspace.experiment);
  const editor = await startEditor({ folder: workspace.folder, trust });
  try {
    await use(editor, workspace.folder);
  } catch (error) {
    await editor.picture(`failed-${trust ? 'new-experiment' : 'restricted'}`);
    throw error;
  } finally {
    await editor.close();
    await workspace.remove();
  }
}

test('New Experiment writes a file without problems; a misspelt key is marked and starts nothing', () =>
  withEditor(true, async ({ page, picture }, folder) => {
    const palette = new CommandPalette(page);
    const window = new EditorWindow(page);
    // A file from elsewhere is checked, too, though the folder has no experiment.
    const elsewhere = await mkdtemp(join(tmpdir(), 'g2rl-elsewhere-'));
    const loose = join(elsewhere, 'loose.g2rl.json');
    await writeFile(loose, '{ "sed": 1 }');
    const tab = page.locator('.tab.active', { hasText: 'loose.g2rl.json' });
    const path = page.locator('.quick-input-widget input[type="text"]');
    const dialog = page.locator('.monaco-dialog-box');
    await until('the loose file to open', async () => {
      // "Do you want to allow untrusted files in this workspace?"
      if (await dialog.isVisible()) {
        await dialog.getByRole('button', { name: 'Open', exact: true }).click({ timeout: 2000 });
      } else {
        // A view that has just loaded may take the focus, which closes the list: then it is opened again.
        if (!(await path.isVisible())) await page.keyboard.press('Control+O');
        // It fills in the folder when it has read it, over what is typed already.
        await path.fill(loose, { timeout: 2000 });
        await page.keyboard.press('Enter');
      }
      await tab.or(dialog).waitFor({ timeout: 3000 });
      return tab.isVisible();
    });
    await page.locator('.squiggly-error').first().waitFor();
    await picture('loose');
    await palette.run('View: Close All Editors');
    await page.locator('.tab.active').waitFor({ state: 'detached' });
    await rm(elsewhere, { recursive: true });
    await palette.run('G2RL: New Experiment');
    await palette.choose('Countdown');
    await window.lens('Start Training').waitFor();
    const file = join(folder, 'countdown.g2rl.json');
    const written = await readFile(file, 'utf8');
    expect(written).toContain('"name": "countdown"');
    expect(written).not.toContain('$schema');
    const problems = page.locator('.statusbar-item', { has: page.locator('.codicon-warning') });
    expect((await problems.first().textContent())?.trim()).toMatch(/^0\s*0$/);

    await page.locator('.view-line', { hasText: '"policy"' }).click();
    await page.keyboard.press('Home');
    await page.keyboard.type('"sed": 1, ');
    await page.locator('.squiggly-error').first().waitFor();
    const counts = () => problems.first().textContent();
    await until('one error, said once', async () => /^1\s*0$/.test((await counts())?.trim() ?? ''));
    // On a busy machine a click on a row that moves while the palette fills its list starts nothing: it is asked again.
    const refusal = window.notification(/sed: there is no such field.*"seed"/s);
    await until('the refusal', async () => {
      await palette.run('G2RL: Start Training');
      return refusal.waitFor({ timeout: 10_000 }).then(
        () => true,
        () => false,
      );
    });
    expect((await counts())?.trim()).toMatch(/^1\s*0$/);
    expect(await readdir(folder)).toEqual(['countdown.g2rl.json']);
    await picture('problems');
  }));

test('an experiment file that comes to a folder without one is known when it is opened', () =>
  withEditor(true, async ({ page }, folder) => {
    const window = new EditorWindow(page);
    await writeFile(join(folder, 'mine.g2rl.json'), '{\n  "name": "mine",\n  "sed": 1\n}\n');
    await window.open('mine.g2rl.json');
    await window.lens('Start Training').waitFor();
    await page.locator('.squiggly-error, .squiggly-warning').first().waitFor();
  }));

test('without trust runs can be looked at but not started', () =>
  withEditor(false, async ({ page, picture }) => {
    const palette = new CommandPalette(page);
    const window = new EditorWindow(page);
    await window.showRuns();
    await page.getByText('This workspace is in Restricted Mode').first().waitFor();
    await window.open('countdown.g2rl.json');
    await window.lens('Trust this workspace to train').waitFor();
    expect(await window.lens('Start Training').count()).toBe(0);
    expect(await palette.offers('G2RL: Start Training')).toBe(false);
    await picture('restricted');
  }));

/** The table of runs in the real editor: opened, filtered, grouped, changed in a cell, archived, open again after a reload. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  CommandPalette,
  createWorkspace,
  EditorWindow,
  startEditor,
  tableFrame,
  until,
  violations,
  type WrittenRun,
  writeRuns,
} from './index.js';

test('Open Runs shows every run, finds, groups, renames and archives', async () => {
  const workspace = await createWorkspace();
  const runs = await writeRuns(join(workspace.folder, '.g2rl', 'runs'), 12);
  const editor = await startEditor({ folder: workspace.folder });
  try {
    const { page } = editor;
    const palette = new CommandPalette(page);
    await new EditorWindow(page).showRuns();
    await page.getByRole('treeitem').first().waitFor();
    await palette.run('G2RL: Open Runs');
    let table = await tableFrame(page);
    const count = () => table.getByTestId('count').textContent();
    await until('all runs in the table', async () => (await count()) === '12 of 12 runs');
    await editor.picture('runs-table');
    expect(await violations(table.getByTestId('runs'), 'editor-background')).toEqual([]);

    const filter = table.getByRole('combobox', { name: 'Filter runs' });
    await filter.fill('method:grpo step>=20');
    await until('four runs of GRPO', async () => (await count()) === '4 of 12 runs');
    await filter.fill('');

    const last = runs.at(-1)!;
    const manifest = async () =>
      JSON.parse(await readFile(join(last.directory, 'run.json'), 'utf8')) as {
        name: string;
        archived?: boolean;
      };
    const cell = (name: string) => table.getByRole('gridcell', { name, exact: true }).first();
    await cell(last.name).dblclick();
    await page.keyboard.type('renamed');
    await page.keyboard.press('Enter');
    await cell('renamed').waitFor();
    expect((await manifest()).name).toBe('renamed');
    await cell('renamed').click();
    await table.getByRole('button', { name: 'Archive', exact: true }).click();
    await until('the archived run to be hidden', async () => (await count()) === '11 of 12 runs');
    expect((await manifest()).archived).toBe(true);

    await filter.fill('seed:1');
    await until('the runs of seed 1', async () => (await count()) === '3 of 12 runs');
    // Until what is typed was kept.
    await page.waitForTimeout(1000);
    await palette.run('Developer: Reload Window');
    await until('the table after the reload', async () => {
      table = await tableFrame(page);
      return (await count()) === '3 of 12 runs';
    });
  } catch (error) {
    await editor.picture('failed-runs-table');
    throw error;
  } finally {
    await editor.close();
    await workspace.remove();
  }
});

test('several runs at once: a note, archived and brought back, deleted with what it frees', async () => {
  const workspace = await createWorkspace();
  const runs = await writeRuns(join(workspace.folder, '.g2rl', 'runs'), 6);
  const editor = await startEditor({ folder: workspace.folder });
  try {
    const { page } = editor;
    const palette = new CommandPalette(page);
    await new EditorWindow(page).showRuns();
    const explorer = page.locator('.sidebar .tree-explorer-viewlet-tree-view').first();
    const rows = explorer.locator('.monaco-list-row[aria-level="1"]');
    await until('all runs in the explorer', async () => (await rows.count()) === 6);
    await palette.run('G2RL: Open Runs');
    const table = await tableFrame(page);
    const count = () => table.getByTestId('count').textContent();
    await until('all runs in the table', async () => (await count()) === '6 of 6 runs');
    const button = (name: string) => table.getByRole('button', { name, exact: true });
    const manifest = async (run: WrittenRun) =>
      JSON.parse(await readFile(join(run.directory, 'run.json'), 'utf8')) as {
        notes?: string;
        archived?: boolean;
      };
    const [newest, second] = [runs.at(-1)!, runs.at(-2)!];
    const cells = table.locator('[role=gridcell][data-column="2"]');
    await cells.nth(0).click();
    await cells.nth(1).click({ modifiers: ['Shift'] });

    await button('Notes…').click();
    const input = page.locator('.quick-input-widget input[type="text"]');
    await input.fill('seen by two');
    await page.keyboard.press('Enter');
    await until(
      'the note in both runs',
      async () =>
        (await manifest(newest)).notes === 'seen by two' && (await manifest(second)).notes === 'seen by two',
    );

    await button('Archive').click();
    await until('the archived runs to be hidden', async () => (await count()) === '4 of 6 runs');
    await until('the explorer to hide them', async () => (await rows.count()) === 4);
    await palette.run('G2RL: Show Archived Runs');
    await until('the explorer to show them', async () => (await rows.count()) === 6);
    expect(await rows.filter({ hasText: 'archived' }).count()).toBe(2);
    await palette.run('G2RL: Filter Runs');
    await input.fill('seed:0 method:');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'method:grpo' }).click();
    await until('the completed filter', async () => (await rows.count()) === 1);
    await palette.run('G2RL: Clear Filter');
    await palette.run('G2RL: Group Runs');
    await palette.choose('Day');
    await rows.filter({ hasText: 'Today' }).first().waitFor();
    await editor.picture('runs-by-day');
    await table.getByRole('checkbox', { name: 'Show archived' }).check();
    await until('all runs in the table', async () => (await count()) === '6 of 6 runs');
    await cells.nth(0).click();
    await cells.nth(1).click({ modifiers: ['Shift'] });
    await button('Unarchive').click();
    await until('the runs to be back', async () => (await manifest(newest)).archived === false);

    await button('Delete…').click();
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor();
    expect(await dialog.textContent()).toMatch(/Move 2 runs to the trash\?.*They take \d+ KiB on disk\./s);
    await editor.picture('delete-runs');
    await dialog.getByRole('button', { name: 'Move to Trash' }).click();
    // A machine without a trash asks again.
    const permanently = dialog.getByRole('button', { name: 'Delete Permanently' });
    await until('the runs to be gone', async () => {
      if (await permanently.isVisible()) await permanently.click();
      return (await count()) === '4 of 4 runs';
    });
  } catch (error) {
    await editor.picture('failed-several-runs');
    throw error;
  } finally {
    await editor.close();
    await workspace.remove();
  }
});

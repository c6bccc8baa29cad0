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

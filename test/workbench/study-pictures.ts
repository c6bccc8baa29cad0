/**
 * Compare Runs on a study that was run, as docs/study.md shows it: `node scripts/pictures.mjs <folder> <study> <name>`
 * saves its curves and its geometry as media/pictures/<name>-….png.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CommandPalette, compareFrame, EditorWindow, startEditor } from './index.js';

const [folder, study, name] = process.argv.slice(2);
if (folder === undefined || study === undefined || name === undefined) {
  throw new Error('Usage: node scripts/pictures.mjs <folder with .g2rl> <part of the id of a study> <name>');
}

/** Titles of the charts: what a policy solves in one and in k tries, and how alike its responses are. */
const shownCurves = /: pass@(1|k)$|^Entropy$|^Mean similarity/;

await mkdir(join(folder, '.vscode'), { recursive: true });
await writeFile(join(folder, '.vscode/settings.json'), '{ "g2rl.notifications": "none" }\n');
const editor = await startEditor({ folder });
const { page } = editor;
try {
  await page.setViewportSize({ width: 1200, height: 1400 });
  await editor.theme('light');
  const palette = new CommandPalette(page);
  await new EditorWindow(page).showRuns();
  await palette.run('G2RL: Compare Runs');
  await page.locator('.quick-input-widget input[type="text"]').fill(study);
  await page.locator('.quick-input-list .monaco-list-row').filter({ hasText: study }).first().click();
  await page.keyboard.press('Enter');
  await palette.run('View: Toggle Primary Side Bar Visibility');
  const compared = await compareFrame(page);
  await compared.getByTestId('sentence').first().waitFor({ timeout: 120_000 });
  await compared.locator('details.metrics summary').click();
  for (const label of await compared.locator('details.metrics label').all()) {
    await label.getByRole('checkbox').setChecked(shownCurves.test((await label.innerText()).trim()));
  }
  await compared.locator('details.metrics summary').click();
  const save = async (tab: string, part: string) => {
    await compared.getByTestId(`tab-${tab}`).click();
    await compared.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
    await page.mouse.move(600, 5);
    // Charts are drawn in the next frames.
    await page.waitForTimeout(2000);
    await compared
      .locator(part)
      .first()
      .screenshot({ path: resolve(`media/pictures/${name}-${tab}.png`) });
  };
  await save('curves', '.charts');
  await save('geometry', '[role="tabpanel"]');
} catch (error) {
  await editor.picture('failed-pictures');
  throw error;
} finally {
  await editor.close();
}

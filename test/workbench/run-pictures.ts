/**
 * The dashboard of a run as the README shows it: `node scripts/pictures.mjs <folder> <run>` saves tabs of it as
 * media/pictures/<tab>.png.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CommandPalette, dashboardFrame, EditorWindow, startEditor } from './index.js';

const [folder, run] = process.argv.slice(2);
if (folder === undefined || run === undefined) {
  throw new Error('Usage: node scripts/pictures.mjs <folder with .g2rl> <part of the id of a run>');
}

await mkdir(join(folder, '.vscode'), { recursive: true });
await writeFile(join(folder, '.vscode/settings.json'), '{ "g2rl.notifications": "none" }\n');
const editor = await startEditor({ folder });
const { page } = editor;
try {
  await editor.theme('dark');
  const palette = new CommandPalette(page);
  await new EditorWindow(page).showRuns();
  await palette.run('G2RL: Open Dashboard');
  await palette.choose(run);
  const dashboard = await dashboardFrame(page);
  for (const tab of ['training', 'geometry', 'benchmarks'] as const) {
    await dashboard.getByTestId(`tab-${tab}`).click();
    await dashboard.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
    if (tab === 'geometry') {
      const groups = dashboard.getByRole('heading', { name: 'Groups of one step' });
      await groups.evaluate((heading) => heading.scrollIntoView());
    }
    await page.mouse.move(600, 5);
    // Charts are drawn in the next frames.
    await page.waitForTimeout(3000);
    await page.screenshot({ path: resolve(`media/pictures/${tab}.png`) });
  }
} catch (error) {
  await editor.picture('failed-pictures');
  throw error;
} finally {
  await editor.close();
}

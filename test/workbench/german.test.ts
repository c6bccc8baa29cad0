/** The extension in another display language: its commands, views, messages and pages. */
import { expect, test } from 'vitest';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  EditorWindow,
  RunFiles,
  startEditor,
  until,
} from './index.js';

test('commands, views and the dashboard are German', async () => {
  const workspace = await createWorkspace();
  const editor = await startEditor({ folder: workspace.folder, language: 'de' });
  const { page } = editor;
  let run: RunFiles | undefined;
  try {
    const palette = new CommandPalette(page);
    const window = new EditorWindow(page);
    await window.open('countdown.g2rl.json');
    await palette.run('G2RL: Training starten');
    run = await RunFiles.first(workspace.folder);
    // A start shows the run in its view.
    await page.locator('.sidebar .pane-header', { hasText: 'Läufe' }).waitFor();
    await palette.run('G2RL: Dashboard öffnen');
    const dashboard = await dashboardFrame(page);
    expect(await dashboard.locator('html').getAttribute('lang')).toBe('de');
    expect((await dashboard.getByTestId('tab-geometry').textContent())?.trim()).toBe('Geometrie');
    await editor.picture('german');
    await palette.run('G2RL: Alle Trainings anhalten');
    const files = run;
    await until('the process to be gone', async () => !(await files.processExists()));
    await page.getByRole('button', { name: 'Dashboard öffnen' }).first().waitFor();
  } catch (error) {
    await editor.picture('failed-german');
    throw error;
  } finally {
    await run?.kill();
    await editor.close();
    await workspace.remove();
  }
});

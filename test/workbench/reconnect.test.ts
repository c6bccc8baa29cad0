/** What a dashboard does when it loses its host, or its run. */
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FrameLocator } from 'playwright-core';
import { expect, test } from 'vitest';
import { killExtensionHost } from './extension-host.js';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  RunFiles,
  startEditor,
  until,
} from './index.js';

const stepOf = async (dashboard: FrameLocator) =>
  Number(await dashboard.getByTestId('progress').getAttribute('data-step', { timeout: 10_000 }));

/** Waits until a dashboard is shown that follows the run. */
async function followed({ page }: Editor): Promise<FrameLocator> {
  let before: number | null = null;
  return until(
    'a dashboard that follows the run',
    async () => {
      const dashboard = await dashboardFrame(page);
      const step = await stepOf(dashboard).catch(() => null);
      const moved = before !== null && step !== null && step > before;
      before = step;
      return moved ? dashboard : null;
    },
    120,
  );
}

test('a dashboard goes on after its extension host was killed, and after its folder was away', async () => {
  const workspace = await createWorkspace();
  const editor = await startEditor({ folder: workspace.folder });
  let run: RunFiles | undefined;
  try {
    const palette = new CommandPalette(editor.page);
    const window = new EditorWindow(editor.page);
    await window.showRuns();
    await window.open('countdown.g2rl.json');
    await palette.run('G2RL: Start Training');
    run = await RunFiles.first(workspace.folder);
    await window.row(/^countdown, running, [1-9]/).waitFor({ timeout: 60_000 });
    await run.yieldToOthers();
    await palette.run('G2RL: Open Dashboard');
    const first = await followed(editor);
    await first.getByTestId('tab-rewards').click();
    await first.locator('[data-testid="tab-rewards"][aria-selected="true"]').waitFor();
    // What the page keeps is on its way to the host.
    await delay(4000);

    await killExtensionHost(editor.server);
    await followed(editor);
    // Places of pages change while the editor gives up those of the host that ended.
    const second = await until('the dashboard where it was before', async () => {
      const dashboard = await dashboardFrame(editor.page);
      const tab = dashboard.locator('[data-testid="tab-rewards"][aria-selected="true"]');
      return (await tab.isVisible()) ? dashboard : null;
    });
    expect(await second.getByTestId('not-connected').count()).toBe(0);
    expect(await editor.page.locator('.tab', { hasText: /^countdown(?!\.)/ }).count()).toBe(1);

    await run.kill();
    const away = join(workspace.folder, 'away');
    await mkdir(away);
    const place = join(away, basename(run.directory));
    await rename(run.directory, place);
    const deleted = second.getByText('The folder of this run was deleted.');
    await deleted.waitFor();
    await editor.picture('deleted');
    await rename(place, run.directory);
    await deleted.waitFor({ state: 'detached' });
    await second.locator('[data-testid="state"][data-state="lost"]').waitFor();
  } catch (error) {
    await editor.picture('failed-reconnect');
    throw error;
  } finally {
    await run?.kill().catch(() => {});
    await editor.close();
    await workspace.remove();
  }
});

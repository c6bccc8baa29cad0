/** Show Devices: what can be computed on here, and what keeps the rest from it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CommandPalette,
  createWorkspace,
  type Editor,
  startEditor,
  type Theme,
  themes,
  until,
  type Workspace,
} from './index.js';

let workspace: Workspace;
let editor: Editor;

beforeAll(async () => {
  workspace = await createWorkspace();
  editor = await startEditor({ folder: workspace.folder });
});
afterAll(async () => {
  await editor?.close();
  await workspace?.remove();
});

test('each engine has its devices, with the reason where one cannot be used', async () => {
  const palette = new CommandPalette(editor.page);
  const rows = editor.page.locator('.quick-input-list .monaco-list-row');
  for (const theme of Object.keys(themes) as Theme[]) {
    await editor.theme(theme);
    await palette.run('G2RL: Show Devices');
    await until('the devices', async () => (await rows.count()) >= 3, 120);
    await editor.picture(`devices-${theme}`);
    const texts = await rows.allTextContents();
    expect(texts[0]).toContain('Embedded engine');
    expect(texts.some((text) => text.includes('Torch engine'))).toBe(true);
    await editor.page.keyboard.press('Escape');
  }
});

import { expect, test } from 'vitest';
import { CommandPalette, createWorkspace, startEditor } from './index.js';

test('the editor opens a folder and offers the commands', async () => {
  const workspace = await createWorkspace();
  const editor = await startEditor({ folder: workspace.folder });
  try {
    const palette = new CommandPalette(editor.page);
    expect(await palette.offers('G2RL: Start Training')).toBe(true);
    await palette.run('G2RL: New Experiment');
    await editor.picture('opens');
  } finally {
    await editor.picture('opens-end');
    console.log(editor.problems);
    await editor.close();
    await workspace.remove();
  }
});

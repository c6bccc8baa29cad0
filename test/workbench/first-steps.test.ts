/** What a newcomer is offered, and that a step of the walkthrough is done only when it has happened. */
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { CommandPalette, createWorkspace, EditorWindow, RunFiles, startEditor, until } from './index.js';

test('first an experiment, then a run, then its dashboard', async () => {
  const workspace = await createWorkspace();
  await rm(workspace.experiment);
  const editor = await startEditor({ folder: workspace.folder });
  const { page } = editor;
  let run: RunFiles | undefined;
  try {
    const palette = new CommandPalette(page);
    const window = new EditorWindow(page);
    const welcome = page.locator('.sidebar .welcome-view').first();
    const offers = (title: string) => welcome.getByRole('button', { name: title });
    const showWalkthrough = async () => {
      await palette.run('Welcome: Open Walkthrough');
      await palette.choose('Train your first policy');
      await page.locator('[data-done-step-id]').first().waitFor();
    };
    const isDone = async (step: string) =>
      (await page.locator(`[data-done-step-id$="#${step}"]`).getAttribute('aria-checked')) === 'true';
    const done = (step: string) => until(`the step "${step}" to be done`, () => isDone(step));

    await window.showRuns();
    await offers('New Experiment').waitFor();
    expect(await offers('Start Training').count()).toBe(0);

    await showWalkthrough();
    await palette.run('G2RL: Start Training');
    await window.notification(/no experiment/).waitFor();
    for (const step of ['experiment', 'train', 'watch', 'evaluate', 'gpu']) {
      expect(await isDone(step), step).toBe(false);
    }

    await palette.run('G2RL: New Experiment');
    await palette.choose('Countdown');
    await window.lens('Start Training').waitFor();
    await offers('Start Training').waitFor();
    await showWalkthrough();
    await done('experiment');
    expect(await isDone('train')).toBe(false);

    await palette.run('G2RL: Start Training');
    run = await RunFiles.first(workspace.folder);
    await done('train');
    expect(await isDone('watch')).toBe(false);
    await palette.run('G2RL: Open Dashboard');
    await page.locator('.tab', { hasText: 'countdown' }).last().waitFor();
    await showWalkthrough();
    await done('watch');
    expect(await isDone('evaluate')).toBe(false);
    await editor.picture('walkthrough');
    await palette.run('G2RL: Stop All Training');
  } catch (error) {
    await editor.picture('failed-first-steps');
    throw error;
  } finally {
    await run?.kill();
    await editor.close();
    await workspace.remove();
  }
});

/** Compare Runs in the real editor: a study says what the terminal says, two runs are told apart by what differs. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CommandPalette,
  compareFrame,
  createWorkspace,
  type Editor,
  EditorWindow,
  startEditor,
  type Theme,
  themes,
  violations,
  type Workspace,
} from './index.js';
import { type WrittenStudy, writeStudy } from './written-study.js';

let workspace: Workspace;
let study: WrittenStudy;
let editor: Editor;
let palette: CommandPalette;

beforeAll(async () => {
  workspace = await createWorkspace();
  study = await writeStudy(workspace.folder, { variants: ['grpo', 'g2rl'], seeds: 5, steps: 40 });
  editor = await startEditor({ folder: workspace.folder });
  palette = new CommandPalette(editor.page);
  await new EditorWindow(editor.page).showRuns();
});
afterAll(async () => {
  await editor?.close();
  await workspace?.remove();
});

/** Chooses rows of the open list, which takes several. */
async function choose(...labels: string[]): Promise<void> {
  const input = editor.page.locator('.quick-input-widget input[type="text"]');
  for (const label of labels) {
    await input.fill(label);
    await editor.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: label })
      .first()
      .click();
  }
  await editor.page.keyboard.press('Enter');
}

test('a study: the sentence is that of the terminal, and problems that flipped show both responses', async () => {
  await palette.run('G2RL: Compare Runs');
  await choose('20260101-000000-helps-aaaa');
  const page = await compareFrame(editor.page);
  const sentence = page.getByTestId('sentence');
  await sentence.first().waitFor();
  const report = JSON.parse(
    execFileSync(process.execPath, [resolve('dist/cli.cjs'), 'study', 'report', study.directory, '--json'], {
      encoding: 'utf8',
    }),
  ) as { sentence: string };
  expect((await sentence.allTextContents()).join(' ')).toBe(report.sentence);
  await page.locator('[data-curve="/reward"] canvas').waitFor();
  await page.getByTestId('tab-problems').click();
  await page.getByTestId('flips').getByRole('button').first().click();
  await page.getByTestId('flipped-response').nth(1).waitFor();
  // How the responses overlap, of both runs.
  expect(await page.getByTestId('problem-heatmap').count()).toBe(2);
  expect(await page.getByTestId('flipped-response').allTextContents()).toEqual([
    expect.stringMatching(/✓ correct[\s\S]*<b>It<\/b> is/),
    expect.stringMatching(/✗ wrong[\s\S]*<b>Perhaps it<\/b> is/),
  ]);
});

test('axe-core finds nothing in any tab and theme', async () => {
  const page = await compareFrame(editor.page);
  const found: string[] = [];
  for (const theme of Object.keys(themes) as Theme[]) {
    await editor.theme(theme);
    await page.locator(`body.${themes[theme].webview}`).waitFor();
    for (const tab of ['curves', 'scores', 'problems', 'settings', 'geometry']) {
      await page.getByTestId(`tab-${tab}`).click();
      await page.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
      const lines = await violations(page.locator('html'), 'editor-background');
      found.push(...lines.map((line) => `${theme}, ${tab}: ${line}`));
    }
  }
  expect(found).toEqual([]);
});

test('two runs without their study are told apart by their methods, also after a reload of the window', async () => {
  await palette.run('View: Close All Editors');
  await palette.run('G2RL: Compare Runs');
  await choose('helps-grpo-0', 'helps-g2rl-0');
  const seen = async () => {
    const page = await compareFrame(editor.page);
    await page.getByTestId('sentence').first().waitFor();
    const legend = await page.getByTestId('legend').getByRole('button').allTextContents();
    return { legend: legend.join(), sentence: await page.getByTestId('sentence').allTextContents() };
  };
  const before = await seen();
  expect(before.legend).toMatch(/grpo\s+n = 1\s+baseline.*g2rl lambda=0\.99\s+n = 1/);
  expect(before.sentence.join()).toMatch(/one seed says nothing/);
  await editor.reload();
  expect(await seen()).toEqual(before);
});

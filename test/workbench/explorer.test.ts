/** Many runs in the explorer, used with keyboard and mouse: found, told apart, looked at, changed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  panelFrame,
  startEditor,
  until,
  type Workspace,
  type WrittenRun,
  writeRuns,
} from './index.js';

describe('many runs in a folder that had none', () => {
  let workspace: Workspace;
  let editor: Editor;
  let window: EditorWindow;
  let palette: CommandPalette;
  let runs: WrittenRun[];
  /** As many as the explorer shows without scrolling. */
  const count = 16;
  let broken: string | null = null;

  const list = () => editor.page.locator('.sidebar .tree-explorer-viewlet-tree-view').first();
  const rows = () => list().getByRole('treeitem');
  /** Without the scores and checkpoints of those that are open. */
  const runRows = () => list().locator('.monaco-list-row[aria-level="1"]');
  const row = ({ name, method, seed }: WrittenRun) =>
    rows()
      .filter({ hasText: name === 'short' ? name : name.slice(-8) })
      .filter({ hasText: `${method} · seed ${seed} ·` })
      .first();
  /** Takes an item of a row's menu, which ignores what comes too soon after it has opened. */
  const menu = async (run: WrittenRun, name: string) => {
    await row(run).click({ button: 'right' });
    const item = editor.page.getByRole('menuitem', { name });
    await item.waitFor();
    await until(`the menu to do "${name}"`, async () => {
      await item.click({ timeout: 1000 }).catch(() => {});
      return (await item.count()) === 0;
    });
  };
  const tabs = () => editor.page.locator('.editor-group-container .tab');
  const input = () => editor.page.locator('.quick-input-widget input[type="text"]');
  const manifest = async (run: WrittenRun) =>
    JSON.parse(await readFile(join(run.directory, 'run.json'), 'utf8')) as {
      name: string;
      notes?: string;
      pinned?: boolean;
      tags?: string[];
    };
  /** Of the runs named "short", by method and seed. */
  const short = (method: string, seed: number): WrittenRun => {
    const run = runs.find((one) => one.name === 'short' && one.method === method && one.seed === seed);
    if (!run) throw new Error(`no short run of ${method} with seed ${seed}`);
    return run;
  };

  beforeAll(async () => {
    workspace = await createWorkspace();
    editor = await startEditor({ folder: workspace.folder });
    window = new EditorWindow(editor.page);
    palette = new CommandPalette(editor.page);
  });
  afterAll(async () => {
    await editor?.close();
    await workspace?.remove();
  });
  beforeEach((context) => {
    if (broken) context.skip(`"${broken}" failed`);
    context.onTestFailed(async () => {
      broken = context.task.name;
      await editor.picture(`failed-explorer-${context.task.name.replace(/\W+/g, '-')}`);
    });
  });

  test('runs that appear in a fresh folder are shown within seconds, and told apart', async () => {
    await window.showRuns();
    await editor.page.getByText('No runs yet.').waitFor();
    runs = await writeRuns(join(workspace.folder, '.g2rl', 'runs'), count);
    await until('all rows', async () => (await rows().count()) === count, 15);
    const texts = await rows().allTextContents();
    expect(new Set(texts).size).toBe(count);
    await editor.picture('explorer');
  });

  test('a click previews: the next one takes its place, a double click keeps it', async () => {
    await row(short('g2rl', 0)).click();
    const dashboard = await dashboardFrame(editor.page);
    await dashboard.getByText('CPU, 2 threads').waitFor();
    expect(await tabs().count()).toBe(1);
    const panel = await panelFrame(editor.page);
    await panel.locator('main[data-state="finished"]').waitFor();
    await row(short('grpo', 0)).click();
    await dashboard.locator('dd', { hasText: /^grpo$/ }).waitFor();
    expect(await tabs().count()).toBe(1);
    await row(short('grpo', 0)).dblclick();
    await row(short('entropy', 0)).click();
    await until('a second dashboard', async () => (await tabs().count()) === 2);
    await row(short('g2rl', 1)).click();
    await until('the second to be replaced', async () => (await tabs().count()) === 2);
    await editor.picture('explorer-preview');
  });

  test('choosing the tab of a dashboard selects its run', async () => {
    await tabs().first().click();
    await until('the row to be selected', async () => {
      const selected = await row(short('grpo', 0)).getAttribute('aria-selected');
      return selected === 'true';
    });
  });

  test('F2 renames the row that has the focus, at once', async () => {
    const run = short('entropy', 1);
    await row(run).click();
    await editor.page.keyboard.press('F2');
    await input().waitFor();
    await input().fill('renamed');
    await editor.page.keyboard.press('Enter');
    await rows().filter({ hasText: 'renamed' }).waitFor({ timeout: 1500 });
    expect((await manifest(run)).name).toBe('renamed');
    // Also the row that was reached with the arrow keys, and not chosen.
    await rows().filter({ hasText: 'renamed' }).click();
    await editor.page.keyboard.press('ArrowDown');
    const focused = await until('a focused row', () =>
      list().locator('.monaco-list-row.focused').getAttribute('aria-label'),
    );
    await editor.page.keyboard.press('F2');
    await input().waitFor();
    expect(focused.startsWith(await input().inputValue())).toBe(true);
    await editor.page.keyboard.press('Escape');
  });

  test('Enter looks at the row that has the focus and leaves the keyboard there', async () => {
    await rows().first().click();
    await editor.page.keyboard.press('ArrowDown');
    await editor.page.keyboard.press('Enter');
    await until('the second row to be selected', async () => {
      return (await rows().nth(1).getAttribute('aria-selected')) === 'true';
    });
    await editor.page.keyboard.press('ArrowDown');
    await list().locator('.monaco-list-row.focused').waitFor();
  });

  test('several are chosen with Ctrl, pinned together and deleted together after a question', async () => {
    const both = [short('g2rl', 2), short('grpo', 2)] as const;
    await row(both[0]).click();
    await row(both[1]).click({ modifiers: ['Control'] });
    await menu(both[1], 'Pin Run');
    await until('both to be pinned', async () => {
      const all = await Promise.all(both.map(manifest));
      return all.every(({ pinned }) => pinned);
    });
    await until('both to be on top', async () => {
      const texts = await rows().allTextContents();
      return texts.slice(0, 2).every((text) => text.includes('★'));
    });
    await editor.page.keyboard.press('Delete');
    const dialog = editor.page.locator('.monaco-dialog-box');
    await dialog.getByText('Move 2 runs to the trash?').waitFor();
    await editor.picture('explorer-delete');
    await editor.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    for (const run of both) expect((await manifest(run)).pinned).toBe(true);
  });

  test('tags are given to several runs at once and stand in their rows', async () => {
    await palette.run('G2RL: Sort Runs');
    await palette.choose('Name');
    await until('the new order', async () => {
      const texts = await rows().allTextContents();
      const names = texts.filter((text) => !text.includes('★'));
      return names.slice(0, 3).every((text) => text.startsWith('countdown'));
    });
    const run = short('g2rl', 4);
    await menu(run, 'Edit Tags');
    await input().fill('paper');
    await editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'paper' }).first().click();
    await editor.page.keyboard.press('Enter');
    await until('the tag to be written', async () => (await manifest(run)).tags?.includes('paper'));
    await rows().filter({ hasText: '#paper' }).waitFor({ timeout: 1500 });
  });

  test('Ctrl+F filters by method, and the choice is there after a reload', async () => {
    await rows().first().click();
    await editor.page.keyboard.press('Control+f');
    await input().waitFor();
    await input().fill('grpo');
    const expected = runs.filter(({ method }) => method === 'grpo').length;
    await until('only those of GRPO', async () => (await runRows().count()) === expected);
    await editor.picture('explorer-filter-input');
    await editor.page.keyboard.press('Enter');
    await editor.page.getByText(`Filter: grpo (${expected} of ${count} runs)`).waitFor();
    await palette.run('G2RL: Group Runs');
    await palette.choose('State');
    await until('headings', async () => (await rows().filter({ hasText: 'failed' }).count()) > 0);
    await editor.picture('explorer-filtered');
    await editor.reload();
    await window.showRuns();
    await editor.page.getByText(`Filter: grpo (${expected} of ${count} runs)`).waitFor();
    await palette.run('G2RL: Filter Runs');
    await input().fill('no such run');
    await editor.page.keyboard.press('Enter');
    await editor.page.getByText('No run matches the filter.').waitFor();
    await editor.page.getByRole('button', { name: 'Clear Filter' }).last().click();
    await palette.run('G2RL: Group Runs');
    await palette.choose('No groups');
    await until('all rows', async () => (await runRows().count()) === count);
  });

  test('notes are a document that is saved into the run', async () => {
    const run = short('grpo', 3);
    await menu(run, 'Edit Notes');
    await editor.page.locator('.tab.active', { hasText: 'Notes of short' }).waitFor();
    await editor.page.keyboard.type('Diverged after step 10.');
    await editor.picture('explorer-notes');
    await editor.page.keyboard.press('Control+s');
    await until('the notes', async () => (await manifest(run)).notes === 'Diverged after step 10.');
    await row(run).click();
    const dashboard = await dashboardFrame(editor.page);
    await dashboard.getByTestId('notes').getByText('Diverged after step 10.').waitFor();
  });

  test('a benchmark of a run opens the dashboard at its scores', async () => {
    await row(short('g2rl', 0)).click();
    await editor.page.keyboard.press('ArrowRight');
    const folder = rows().filter({ hasText: 'Benchmarks' }).first();
    await folder.click();
    await rows().filter({ hasText: 'countdown-test' }).first().click();
    const dashboard = await dashboardFrame(editor.page);
    await dashboard.locator('[data-testid="tab-benchmarks"][aria-selected="true"]').waitFor();
    await dashboard.getByTestId('benchmark-row').first().waitFor();
    await editor.picture('explorer-benchmark');
  });

  test('Search Responses, Show Prompts and Show Findings lead to their place in the dashboard in front', async () => {
    const dashboard = await dashboardFrame(editor.page);
    await palette.run('G2RL: Show Findings');
    await dashboard.locator('[data-testid="tab-findings"][aria-selected="true"]').waitFor();
    await palette.run('G2RL: Show Prompts');
    await dashboard.locator('[data-testid="tab-prompts"][aria-selected="true"]').waitFor();
    await palette.run('G2RL: Search Responses');
    await dashboard.locator('input[type="search"]:focus').waitFor();
    await editor.page.keyboard.type('answer');
    await dashboard.getByTestId('found').getByText('found').waitFor();
    await editor.picture('explorer-search-responses');
  });
});

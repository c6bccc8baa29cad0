/** Every page in every kind of theme, as axe-core judges it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  panelFrame,
  RunFiles,
  setupFrame,
  startEditor,
  type Theme,
  themes,
  until,
  violations,
  type Workspace,
} from './index.js';

const tabs = ['training', 'geometry', 'rewards', 'benchmarks', 'rollouts', 'configuration'] as const;

let workspace: Workspace;
let editor: Editor;
let palette: CommandPalette;
let window: EditorWindow;
let run: RunFiles | undefined;

beforeAll(async () => {
  workspace = await createWorkspace();
  editor = await startEditor({ folder: workspace.folder });
  palette = new CommandPalette(editor.page);
  window = new EditorWindow(editor.page);
  await window.showRuns();
});
afterAll(async () => {
  await run?.kill();
  await editor?.close();
  await workspace?.remove();
});

/** What is wrong in any theme, each once, with where. */
async function inEachTheme(judge: (theme: Theme) => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  for (const theme of Object.keys(themes) as Theme[]) {
    await editor.theme(theme);
    found.push(...(await judge(theme)).map((line) => `${theme}: ${line}`));
  }
  return found;
}

test('the welcome view', async () => {
  const welcome = editor.page.locator('.welcome-view').first();
  await welcome.waitFor();
  expect(await inEachTheme(() => violations(welcome, 'sideBar-background'))).toEqual([]);
});

test('the dashboard, the live panel and the run explorer', async () => {
  await window.open('countdown.g2rl.json');
  await palette.run('G2RL: Start Training');
  const files = await RunFiles.first(workspace.folder);
  run = files;
  await until('scores after some steps', async () => (await files.benchmarks()).length >= 2, 180);
  await palette.run('G2RL: Stop All Training');
  await until('the process to be gone', async () => !(await files.processExists()));
  await palette.run('G2RL: Open Dashboard');
  const dashboard = await dashboardFrame(editor.page);
  const panel = await panelFrame(editor.page);
  await dashboard.locator('[data-testid="state"][data-state="stopped"]').waitFor();
  const found = await inEachTheme(async (theme) => {
    const wrong: string[] = [];
    const judge = async (what: string) => {
      const lines = await violations(dashboard.locator('html'), 'editor-background');
      wrong.push(...lines.map((line) => `${what}: ${line}`));
    };
    await dashboard.locator(`body.${themes[theme].webview}`).waitFor();
    for (const tab of tabs) {
      await dashboard.getByTestId(`tab-${tab}`).click();
      await dashboard.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
      await judge(tab);
    }
    await dashboard.getByTestId('tab-benchmarks').click();
    await dashboard.getByTestId('overview-cell').last().click();
    await dashboard.getByTestId('response').first().waitFor();
    await judge('problems');
    await dashboard.getByTestId('problems-back').click();
    wrong.push(
      ...(await violations(panel.locator('html'), 'sideBar-background')).map((line) => `panel: ${line}`),
    );
    const explorer = editor.page.locator('.sidebar .tree-explorer-viewlet-tree-view').first();
    // A row is read as a sentence, since what its icon shows is not text.
    const rows = await violations(explorer, 'sideBar-background', ['label-content-name-mismatch']);
    wrong.push(...rows.map((line) => `explorer: ${line}`));
    return wrong;
  });
  expect(found).toEqual([]);
});

test('the setup page', async () => {
  await palette.run('G2RL: Set Up GPU Engine');
  const setup = await setupFrame(editor.page);
  await setup.getByTestId('packages').waitFor({ timeout: 120_000 });
  expect(await inEachTheme(() => violations(setup.locator('html'), 'editor-background'))).toEqual([]);
});

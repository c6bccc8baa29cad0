/** Experiment files as they are written: checks while typing, each once; quick fixes; hovers; runs with other seeds. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  CommandPalette,
  createWorkspace,
  type Editor,
  EditorWindow,
  startEditor,
  until,
  type Workspace,
} from './index.js';

let workspace: Workspace;
let editor: Editor;
let palette: CommandPalette;
let window: EditorWindow;

beforeAll(async () => {
  workspace = await createWorkspace();
  await writeFile(
    join(workspace.folder, 'faults.g2rl.jsonc'),
    '{\n  "name": "faults", // of several kinds\n  "sed": 1,\n  "method": { "name": "grop", "lambda": 2 },\n  "rollout": { "groupSize": "16" }\n}\n',
  );
  editor = await startEditor({ folder: workspace.folder });
  palette = new CommandPalette(editor.page);
  window = new EditorWindow(editor.page);
});
afterAll(async () => {
  await editor?.close();
  await workspace?.remove();
});
beforeEach((context) => {
  context.onTestFailed(async () => {
    await editor.picture(`failed-${context.task.name.replace(/\W+/g, '-')}`);
  });
});

/** What the Problems panel lists. */
const listed = async (): Promise<string[]> => {
  const rows = editor.page.locator('.markers-panel .monaco-list-row .marker-message-details-container');
  return (await rows.allTextContents()).map((text) => text.trim());
};

/** Errors and warnings of all files, as the status bar counts them. */
const counted = async (): Promise<string> => {
  const item = editor.page.locator('.statusbar-item', { has: editor.page.locator('.codicon-error') });
  return ((await item.first().textContent()) ?? '').trim();
};

test('what is wrong is said on opening, each once, and a setting that does nothing fades', async () => {
  await window.open('faults.g2rl.jsonc');
  await palette.run('View: Toggle Problems');
  await until('the problems', async () => (await listed()).length > 0);
  const problems = await until('all problems', async () => {
    const texts = await listed();
    return texts.length >= 4 && texts;
  });
  expect(problems.filter((text) => text.includes('sed'))).toHaveLength(1);
  expect(problems.filter((text) => /lambda/.test(text))).toHaveLength(1);
  expect(problems.join('\n')).not.toMatch(/is not allowed|Value is not accepted|Incorrect type/);
  await editor.picture('experiment-faults');
  expect(await counted()).toMatch(/^4\s*0$/);
});

test('a quick fix renames the key', async () => {
  const { page } = editor;
  const fix = page.locator('.action-widget').getByText('Change "sed" to "seed"');
  // A view that has just loaded may take the focus, which closes the menu: then it is opened again.
  const fixed = page.locator('.view-line', { hasText: '"seed"' });
  await until('the quick fix', async () => {
    if (await fixed.isVisible()) return true;
    await page.keyboard.press('Escape');
    await page.locator('.view-line', { hasText: '"sed"' }).getByText('sed').first().click({ timeout: 3000 });
    await page.keyboard.press('Control+.');
    await fix.waitFor({ timeout: 5000 });
    await editor.picture('experiment-quick-fix');
    await fix.click({ timeout: 3000 });
    await fixed.waitFor({ timeout: 5000 });
    return true;
  });
  await until('the problem to go', async () => !(await listed()).some((text) => text.includes('"seed"')));
});

test('a hover has the default and the bounds, once', async () => {
  const { page } = editor;
  const { text } = await window.hover('groupSize', 'the size of a group');
  expect(text).toContain('Default: 16');
  expect(text).toContain('at most 4,096');
  expect(text.split('the size of a group')).toHaveLength(2);
  await editor.picture('experiment-hover');
  await page.keyboard.press('Escape');
});

test('Start Training with Changes starts a second seed, and Run Again with Another Seed a third', async () => {
  const { page } = editor;
  const runs = join(workspace.folder, '.g2rl/runs');
  const seeds = async () => {
    const ids = (await readdir(runs).catch(() => [])).filter((id) => !id.startsWith('.'));
    return Promise.all(
      ids.map(async (id) => JSON.parse(await readFile(join(runs, id, 'run.json'), 'utf8')).seed as number),
    );
  };
  const input = page.locator('.quick-input-widget input[type="text"]');
  const row = (text: RegExp) =>
    page.locator('.quick-input-list .monaco-list-row').filter({ hasText: text }).first();
  await window.open('countdown.g2rl.json');
  await palette.run('G2RL: Start Training with Changes');
  await row(/^seed/).waitFor();
  await editor.picture('experiment-changes');
  await row(/^seed/).click();
  await until('the next seed', async () => (await input.inputValue()) === '1');
  await input.fill('-1');
  await page.getByText('seed: must be at least 0').first().waitFor();
  await input.fill('1');
  await page.keyboard.press('Enter');
  await row(/^method\.lambda/).waitFor();
  await row(/^optimization\.steps/).click();
  await until('the steps', async () => (await input.inputValue()) === '50000');
  await input.fill('2');
  await page.keyboard.press('Enter');
  await row(/Start Training/).waitFor();
  await editor.picture('experiment-changed');
  await row(/Start Training/).click();
  await until('the run', async () => (await seeds()).includes(1));
  // Starting shows the run.
  await window.row(/^countdown, finished/).waitFor({ timeout: 120_000 });

  await palette.run('G2RL: Run Again with Another Seed');
  await until('the third', async () => (await seeds()).includes(2));
  await until(
    'both runs to finish',
    async () => (await window.row(/^countdown, finished/).count()) === 2,
    120,
  );
});

test('the command line is on the path of the terminal', async () => {
  const { page } = editor;
  await palette.run('Terminal: Create New Terminal');
  const terminal = page.locator('.terminal-wrapper.active .xterm-helper-textarea');
  await terminal.waitFor({ state: 'attached', timeout: 30_000 });
  const file = join(workspace.folder, 'version.txt');
  await until('the version', async () => {
    await page.locator('.terminal-wrapper.active .xterm').click();
    await page.keyboard.type('g2rl --version > version.txt');
    await page.keyboard.press('Enter');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return (await readFile(file, 'utf8')).trim() !== '';
  });
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect((await readFile(file, 'utf8')).trim()).toBe(version);
});

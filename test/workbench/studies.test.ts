/** A study as a user makes it: from an empty folder to its sentence, with the window reloaded in the middle. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { applyEdits, modify } from 'jsonc-parser';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CommandPalette, type Editor, EditorWindow, startEditor, until } from './index.js';

const execute = promisify(execFile);

type Change = [path: string[], value: unknown];

/** Long enough to reload the window while it runs. */
const shortened: readonly Change[] = [
  [['rollout', 'groupSize'], 6],
  [['rollout', 'promptsPerStep'], 4],
  [['optimization', 'steps'], 60],
  [['optimization', 'warmupSteps'], 0],
  [['evaluation', 'every'], 30],
  [['evaluation', 'benchmarks'], [{ name: 'countdown-test', samples: 4, limit: 12 }]],
];

async function edit(file: string, changes: readonly Change[]): Promise<void> {
  const formattingOptions = { tabSize: 2, insertSpaces: true };
  let text = await readFile(file, 'utf8');
  for (const [path, value] of changes)
    text = applyEdits(text, modify(text, path, value, { formattingOptions }));
  await writeFile(file, text);
}

describe('a study from an empty folder', () => {
  let folder: string;
  let editor: Editor;
  let palette: CommandPalette;
  let window: EditorWindow;
  let sentence: string;
  let broken: string | null = null;

  /** What the command line says of the study. */
  async function study<T>(command: string): Promise<T> {
    const cli = resolve('dist/cli.cjs');
    const { stdout } = await execute(
      process.execPath,
      [cli, 'study', command, 'countdown.g2rl-study.json', '--json'],
      { cwd: folder },
    );
    return JSON.parse(stdout) as T;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'g2rl-study-'));
    editor = await startEditor({ folder });
    palette = new CommandPalette(editor.page);
    window = new EditorWindow(editor.page);
  });
  afterAll(async () => {
    await execute(process.execPath, [resolve('dist/cli.cjs'), 'study', 'stop', 'countdown', '--now'], {
      cwd: folder,
    }).catch(() => {});
    await editor?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  // Each test goes on where the one before it ended: after a failure the rest would only wait in vain.
  beforeEach((context) => {
    if (broken) context.skip(`"${broken}" failed`);
    context.onTestFailed(async () => {
      broken = context.task.name;
      console.error(editor.problems.join('\n'));
      await editor.picture(`failed-study-${context.task.name.replace(/\W+/g, '-')}`);
    });
  });

  test('New Study makes a study file of the experiment, which says what is wrong with it', async () => {
    await window.showRuns();
    await palette.run('G2RL: New Experiment');
    await palette.choose('Countdown');
    await window.lens('Start Training').waitFor();
    await edit(join(folder, 'countdown.g2rl.json'), shortened);
    await palette.run('G2RL: New Study');
    await palette.choose('G2RL and GRPO');
    await editor.page.locator('.tab.active', { hasText: 'countdown.g2rl-study.json' }).waitFor();
    await window.lens('Start Study').waitFor();
    const file = join(folder, 'countdown.g2rl-study.json');
    await edit(file, [
      [['seeds'], 2],
      [['baseline'], 'gpro'],
    ]);
    await editor.page.locator('.squiggly-error').first().waitFor();
    await palette.run('G2RL: Start Study');
    await window.notification(/baseline: there is no variant "gpro".*Did you mean "grpo"/).waitFor();
    await palette.run('Notifications: Clear All Notifications');
    await edit(file, [[['baseline'], 'grpo']]);
    await editor.page.locator('.squiggly-error').first().waitFor({ state: 'detached' });
  });

  test('Start Study runs every variant with every seed, and says so in the explorer', async () => {
    await window.lens('Start Study').click();
    await window.row(/^study countdown, running, 0\/4 runs/).waitFor({ timeout: 60_000 });
    await window.row(/^grpo, 0\/2 seeds/).waitFor();
    await window.row(/^g2rl, 0\/2 seeds/).waitFor();
    await window.lens('Stop Study').waitFor();
    await until(
      'a run to finish',
      async () => (await study<{ finished: number }>('status')).finished > 0,
      120,
    );
    await editor.picture('study-running');
  });

  test('goes on while the window is loaded again', async () => {
    await editor.reload();
    await window.showRuns();
    await window.row(/^study countdown, running, [1-3]\/4 runs/).waitFor({ timeout: 60_000 });
  });

  test('notifies with the sentence that the command line reports', async () => {
    const notice = window.notification(/countdown has finished\./);
    await notice.waitFor({ timeout: 240_000 });
    const report = await study<{ sentence: string; runs: object }>('report');
    expect(report.runs).toEqual({ planned: 4, finished: 4 });
    sentence = report.sentence;
    expect(sentence).toMatch(/^g2rl .* against grpo .* \(2 seeds\)/);
    expect(await notice.textContent()).toContain(sentence);
    const row = window.row(/^study countdown, finished, 4\/4 runs/);
    await row.waitFor();
    await row.hover();
    await editor.page.locator('.monaco-hover', { hasText: sentence }).waitFor();
    await editor.picture('study-finished');
  });

  test('Share Report writes one file that opens in a browser', async () => {
    const { page } = editor;
    // The notification offers the same, but hides after a while.
    await palette.run('G2RL: Share Report');
    const input = page.locator('.quick-input-widget input[type="text"]');
    const file = join(folder, 'countdown.html');
    await until('the dialog to propose a name', async () => (await input.inputValue()) === file);
    await page.keyboard.press('Enter');
    await window.notification(/countdown\.html is written/).waitFor();
    const opened = await page.context().newPage();
    try {
      await opened.goto(`file://${file}`);
      expect(await opened.locator('body').textContent()).toContain(sentence);
      expect(await opened.locator('svg').count()).toBeGreaterThan(0);
      await opened.screenshot({ path: resolve('test/workbench/screenshots/study-report.png') });
    } finally {
      await opened.close();
    }
  });
});

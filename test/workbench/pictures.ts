/** A real run as the walkthrough shows it, in a light and a dark theme: `node scripts/pictures.mjs` runs this. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import {
  CommandPalette,
  compareFrame,
  createWorkspace,
  dashboardFrame,
  type Editor,
  EditorWindow,
  RunFiles,
  setupFrame,
  startEditor,
  until,
} from './index.js';

const folder = resolve('media/walkthrough');
/** Of the window, in pixels: the walkthrough shows it at about half its size. */
const width = 880;

const steps = 100;

/** Settings by which the shipped policy learns something within minutes on two cores. */
const workspace = await createWorkspace([
  [['rollout', 'groupSize'], 8],
  [['rollout', 'promptsPerStep'], 8],
  [['optimization', 'steps'], steps],
  [['evaluation', 'every'], 25],
  [['evaluation', 'benchmarks'], [{ name: 'countdown-test', samples: 16, limit: 100 }]],
]);

/** Shorter, for each variant runs with three seeds. */
const shortened = { 'optimization.steps': 40, 'evaluation.every': 10 };
const study = {
  name: 'does-it-help',
  experiment: 'countdown.g2rl.json',
  variants: {
    grpo: { 'method.name': 'grpo', ...shortened },
    g2rl: { 'method.name': 'g2rl', ...shortened },
  },
  seeds: 3,
};

async function studyState(): Promise<string | null> {
  const studies = join(workspace.folder, '.g2rl/studies');
  const [id] = await readdir(studies).catch(() => []);
  if (id === undefined) return null;
  const text = await readFile(join(studies, id, 'status.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { state?: string }).state ?? null;
}

/** Saves what the window shows as WebP. */
async function picture(page: Page, name: string): Promise<void> {
  const png = (await page.screenshot()).toString('base64');
  const canvas = await page.context().newPage();
  // Evaluated in the browser; this project is compiled without its types.
  const webp = await canvas.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png}';
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.85);
  })()`);
  await canvas.close();
  await writeFile(join(folder, `${name}.webp`), Buffer.from(String(webp).split(',')[1]!, 'base64'));
}

/** The same in both themes. */
async function pictures(editor: Editor, name: string): Promise<void> {
  // No hover over what the pointer happens to be on.
  await editor.page.mouse.move(width / 2, 599);
  for (const theme of ['light', 'dark'] as const) {
    await editor.theme(theme);
    await picture(editor.page, `${name}-${theme}`);
  }
}

await mkdir(join(workspace.folder, '.vscode'));
await writeFile(join(workspace.folder, '.vscode/settings.json'), '{ "g2rl.notifications": "none" }');
const editor = await startEditor({ folder: workspace.folder });
const { page } = editor;
try {
  await page.setViewportSize({ width, height: 600 });
  const palette = new CommandPalette(page);
  const window = new EditorWindow(page);
  await window.showRuns();
  await window.open('countdown.g2rl.json');
  await window.lens('Start Training').waitFor();
  await pictures(editor, 'experiment');

  await palette.run('G2RL: Start Training');
  const run = await RunFiles.first(workspace.folder);
  await until('half of the steps', async () => (await run.metrics()).length > steps / 2, 600);
  await pictures(editor, 'train');
  await until('the end', async () => (await run.status()).state === 'finished', 600);

  await palette.run('G2RL: Open Dashboard');
  await palette.run('View: Toggle Primary Side Bar Visibility');
  const dashboard = await dashboardFrame(page);
  for (const [tab, name] of [
    ['geometry', 'watch'],
    ['benchmarks', 'evaluate'],
  ] as const) {
    await dashboard.getByTestId(`tab-${tab}`).click();
    await dashboard.locator(`[data-testid="tab-${tab}"][aria-selected="true"]`).waitFor();
    if (tab === 'geometry') await dashboard.getByTestId('heatmap').first().scrollIntoViewIfNeeded();
    await pictures(editor, name);
  }
  await writeFile(join(workspace.folder, 'does-it-help.g2rl-study.json'), JSON.stringify(study));
  await palette.run('G2RL: Start Study');
  await until('the end of the study', async () => (await studyState()) === 'finished', 1200);
  await palette.run('G2RL: Compare Runs');
  const studies = page.locator('.quick-input-list .monaco-list-row');
  await studies.filter({ hasText: 'study of 6 runs' }).first().click();
  await page.keyboard.press('Enter');
  const compared = await compareFrame(page);
  await compared.getByTestId('sentence').first().waitFor();
  await pictures(editor, 'study');

  await palette.run('G2RL: Set Up GPU Engine');
  const setup = await setupFrame(page);
  await setup.getByTestId('packages').waitFor({ timeout: 120_000 });
  await pictures(editor, 'gpu');
} catch (error) {
  await editor.picture('failed-pictures');
  throw error;
} finally {
  await editor.close();
  await workspace.remove();
}

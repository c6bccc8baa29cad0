/** What people see of GPUs: which there are, what a file asks of them, and what to do when one fails. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { softwareGpu } from '../../scripts/lib/debian.mjs';
import {
  CommandPalette,
  createWorkspace,
  type Editor,
  EditorWindow,
  RunFiles,
  startEditor,
  until,
  type Workspace,
} from './index.js';

/** A run on a driver that computes on the processor: its first step takes seconds. */
const smallRun: [string[], unknown][] = [
  [['device'], 'webgpu'],
  [['rollout'], { promptsPerStep: 1, groupSize: 4, maxNewTokens: 4 }],
  [['optimization', 'steps'], 50_000],
  [['evaluation'], { every: 0, benchmarks: [] }],
  [['checkpoints'], { every: 1, keep: 2 }],
];

let workspace: Workspace;
let editor: Editor;
let cache: string;

/** @param driver whether there is one: that of the browser, which computes on the processor */
async function open(driver: boolean, changes?: [string[], unknown][], language = 'en'): Promise<void> {
  cache = await mkdtemp(join(tmpdir(), 'g2rl-cache-'));
  workspace = await createWorkspace(changes);
  // What is known of a GPU is in the cache: here nothing is.
  const environment = { ...(driver && softwareGpu()), G2RL_CACHE: cache };
  editor = await startEditor({ folder: workspace.folder, language, environment });
}

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await editor?.picture('failed-devices');
  await editor?.close();
  await workspace?.remove();
  await rm(cache, { recursive: true, force: true });
});

/** Texts of the list once GPUs were tested. */
async function devices(title: string): Promise<string[]> {
  await new CommandPalette(editor.page).run(title);
  const list = editor.page.locator('.quick-input-widget');
  const rows = list.locator('.quick-input-list .monaco-list-row');
  await list.locator('.quick-input-title', { hasText: /Devices|Geräte/ }).waitFor();
  await until('the devices', async () => (await rows.count()) >= 3, 180);
  await editor.page.mouse.move(0, 0);
  return rows.allTextContents();
}

test('each engine has its devices, with the reason where one cannot be used', async () => {
  await open(true);
  const [processor, gpu, nvidia] = await devices('G2RL: Show Devices');
  expect(processor).toContain('Embedded engine');
  expect(gpu).toMatch(/SwiftShader.*Vulkan.*only "webgpu" takes it/);
  expect(nvidia).toContain('Torch engine');
  await editor.picture('devices');
});

test('without a GPU the list says what to do, and all of it in a message', async () => {
  await open(false, smallRun, 'de');
  const window = new EditorWindow(editor.page);
  await window.open('countdown.g2rl.json');
  // What the file asks for is not here.
  await editor.page.locator('.squiggly-warning').waitFor();
  const [, gpu] = await devices('G2RL: Geräte anzeigen');
  expect(gpu).toContain('kann nicht verwendet werden');
  await editor.picture('devices-german');
  await editor.page.locator('.quick-input-list .monaco-list-row').nth(1).click();
  await window.notification(/GPU\..*Docker|GPU\..*Container/).waitFor();
  await editor.picture('devices-german-message');
});

test('a run whose GPU has ended it goes on on the processor', { timeout: 600_000 }, async () => {
  await open(true, smallRun);
  const { page } = editor;
  const window = new EditorWindow(page);
  const palette = new CommandPalette(page);
  await window.open('countdown.g2rl.json');
  await palette.run('G2RL: Start Training');
  const run = await RunFiles.first(workspace.folder);
  try {
    const steps = async () => (await run.metrics().catch(() => [])).length;
    await until('a step on the GPU', async () => (await steps()) >= 1, 240);
    expect((await run.status()).device).toMatch(/SwiftShader.*\(WebGPU\)/);
    // As a driver does that crashes.
    await run.kill();
    const message = window.notification(/countdown/).filter({ hasText: 'Resume on Processor' });
    await message.waitFor({ timeout: 60_000 });
    await editor.picture('resume-on-processor');
    await message.getByRole('button', { name: 'Resume on Processor' }).click();
    await until('the processor', async () => /^CPU/.test((await run.status()).device ?? ''), 60);
    const before = await steps();
    await until('a step on it', async () => (await steps()) > before, 60);
    await editor.picture('resumed-on-processor');
    expect(await run.processExists()).toBe(true);
  } finally {
    await run.kill();
  }
});

/**
 * Speed of the extension in real VS Code: how long it takes to activate, as the editor measures it, and how long a
 * line appended to metrics.jsonl takes to be painted in the dashboard. `node scripts/workbench.mjs --bench` runs it;
 * the last line is JSON.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { engineChecks } from '../../src/engines/checks/engine-checks.js';
import { loadExperiment } from '../../src/experiment/load.js';
import { createRun } from '../../src/runs/control/launch.js';
import { processStartTime } from '../../src/runs/protocol/process.js';
import type { RunStatus } from '../../src/runs/protocol/schema.js';
import { RUN_SCHEMA_VERSION } from '../../src/runs/protocol/version.js';
import { RunWriter } from '../../src/runs/write/writer.js';
import { groupRecord, stepMetrics } from '../unit/runs/records.js';
import {
  CommandPalette,
  createWorkspace,
  dashboardFrame,
  type Editor,
  startEditor,
  until,
} from '../workbench/index.js';

const LINES = 60;
const WINDOWS = 5;

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!;

/** A run of `folder` that this process writes itself, so that it knows when each line was there. */
async function startRun(folder: string, experimentFile: string) {
  const mediaDirectory = resolve('media');
  const { experiment } = loadExperiment(experimentFile, { mediaDirectory, engineChecks });
  const runsDirectory = join(folder, '.g2rl/runs');
  const { directory } = await createRun({
    experiment,
    experimentFile,
    runsDirectory,
    mediaDirectory,
    version: '0.0.0',
  });
  const writer = new RunWriter(directory);
  const now = new Date().toISOString();
  const status: RunStatus = {
    schema: RUN_SCHEMA_VERSION,
    state: 'running',
    pid: process.pid,
    processStart: processStartTime(process.pid) ?? '',
    heartbeat: now,
    startedAt: now,
    step: 0,
    totalSteps: experiment.optimization.steps,
    tokens: 0,
    secondsPerStep: 0.25,
    evaluation: null,
    checkpointStep: null,
    error: null,
  };
  const beat = () => {
    status.heartbeat = new Date().toISOString();
    writer.writeStatus(status);
  };
  beat();
  const heart = setInterval(beat, 2000);
  return {
    /** Writes a step in the trainer's order. Returns the time at which its metrics were about to be written, ms. */
    step(step: number): number {
      writer.appendGroups(
        Array.from({ length: experiment.rollout.promptsPerStep }, (_, group) => groupRecord(step, group)),
      );
      const started = Date.now();
      writer.appendMetrics(stepMetrics(step, Math.sin(step / 9)));
      status.step = step;
      beat();
      return started;
    },
    end: () => clearInterval(heart),
  };
}

/** Everything that the extension has logged in this editor, of all its windows. */
async function extensionLog({ server }: Editor): Promise<string> {
  const files = await readdir(server.logs, { recursive: true });
  const own = files.filter((file) => file.endsWith('G2RL Lab.log'));
  return (await Promise.all(own.map((file) => readFile(join(server.logs, file), 'utf8')))).join('\n');
}

/** Steps and times (ms) at which the page says that it painted them. */
async function painted(editor: Editor): Promise<{ step: number; time: number }[]> {
  const matches = (await extensionLog(editor)).matchAll(/painted step=(\d+) time=([\d.]+)/g);
  return [...matches].map(([, step, time]) => ({ step: Number(step), time: Number(time) }));
}

async function paintDelays(editor: Editor, run: Awaited<ReturnType<typeof startRun>>): Promise<number[]> {
  run.step(1);
  await new CommandPalette(editor.page).run('G2RL: Open Dashboard');
  const dashboard = await dashboardFrame(editor.page);
  await dashboard.getByTestId('tab-training').click();
  await dashboard.locator('[data-testid="progress"][data-step="1"]').waitFor();
  const appended: number[] = [];
  for (let index = 0; index < LINES; index++) {
    // An uneven pace, so that no timer of the path is met in step.
    await delay(150 + ((index * 67) % 200));
    appended.push(run.step(index + 2));
  }
  const last = LINES + 1;
  const paints = await until('the last line to be painted', async () => {
    const all = await painted(editor);
    return all.some(({ step }) => step === last) ? all : null;
  });
  // A paint shows all the lines up to its step.
  return appended.map((started, index) => {
    const times = paints.filter(({ step }) => step >= index + 2).map(({ time }) => time);
    return Math.min(...times) - started;
  });
}

/** What the editor says in "Running Extensions", milliseconds of loading the code and of activate(). */
async function activation(editor: Editor): Promise<number> {
  await new CommandPalette(editor.page).run('Developer: Show Running Extensions');
  const row = editor.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'G2RL Lab' });
  await row.waitFor();
  return until('the activation time', async () => {
    const text = (await row.textContent()) ?? '';
    const time = /Activation: (\d+)\s*ms/.exec(text)?.[1];
    return time === undefined ? null : Number(time);
  });
}

const workspace = await createWorkspace();
const run = await startRun(workspace.folder, workspace.experiment);
const editor = await startEditor({ folder: workspace.folder });
try {
  const delays = await paintDelays(editor, run);
  const activations = [await activation(editor)];
  while (activations.length < WINDOWS) {
    await editor.reload();
    activations.push(await activation(editor));
  }
  const calls = [...(await extensionLog(editor)).matchAll(/activated in ([\d.]+) ms/g)].map(([, ms]) =>
    Number(ms),
  );
  console.log(
    JSON.stringify({
      activationMilliseconds: quantile(activations, 0.5),
      activations,
      activateCallMilliseconds: quantile(calls, 0.5),
      paintDelayMilliseconds: {
        p50: quantile(delays, 0.5),
        p95: quantile(delays, 0.95),
        max: Math.max(...delays),
        lines: delays.length,
      },
    }),
  );
} catch (error) {
  await editor.picture('failed-bench');
  throw error;
} finally {
  run.end();
  await editor.close();
  await workspace.remove();
}

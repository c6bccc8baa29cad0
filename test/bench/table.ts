/**
 * A folder of very many runs that have ended, from its path to the rows of the table. `table.mjs <part> <folder> [runs]`,
 * the last line is JSON. Parts: `make` writes the runs; `host` is what the extension host does until it can send the
 * rows, then while nothing happens, and when one run of all changes; `paint` is all of it with the real page in a
 * browser, which is then scrolled.
 */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseTableMessage } from '../../src/contract/index.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { ownIdentity } from '../../src/runs/protocol/identity.js';
import { updateManifest } from '../../src/runs/read/list.js';
import { RunsWatcher } from '../../src/runs/read/watch-all.js';
import { TableRows } from '../../src/views/runs-table/table-rows.js';
import { benchmarkRecord, groupRecord, stepMetrics } from '../unit/runs/records.js';
import { statusOf } from '../unit/views/fixtures.js';
import { withPage } from './page.js';

const [part = '', folder = '', runsText = '0'] = process.argv.slice(2);
const steps = 400;
const groupsPerStep = 4;
/** Different files of metrics and groups: of 5,000 runs' own ones the disk would be full. */
const originals = 20;
const methods = ['g2rl', 'grpo', 'entropy'] as const;
const states = ['finished', 'finished', 'finished', 'stopped', 'failed'] as const;

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const range = <T>(length: number, of: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => of(index));

function make(count: number): void {
  const shared = `${folder}-originals`;
  for (const made of [shared, folder]) mkdirSync(made, { recursive: true });
  for (let index = 0; index < originals; index++) {
    const metrics = range(steps, (step) => stepMetrics(step + 1, Math.sin(step / 90 + index)));
    const groups = range(steps, (step) => range(groupsPerStep, (group) => groupRecord(step + 1, group)));
    writeFileSync(join(shared, `metrics-${index}`), lines(metrics));
    writeFileSync(join(shared, `groups-${index}`), lines(groups.flat()));
    writeFileSync(join(shared, 'log'), 'step\n'.repeat(steps));
  }
  for (let index = 0; index < count; index++) makeRun(index, shared);
}

function makeRun(index: number, shared: string): void {
  const number = String(index).padStart(6, '0');
  const id = `20260101-${number}-countdown-aaaa`;
  const directory = join(folder, id);
  const seed = index % 5;
  const method = methods[Math.floor(index / 5) % methods.length]!;
  const state = states[index % states.length]!;
  const experiment = experimentSchema.parse({
    ...{ name: 'countdown', seed, method: { name: method } },
    optimization: { steps, learningRate: [1e-4, 2e-4, 4e-4][Math.floor(index / 15) % 3] },
  });
  mkdirSync(join(directory, 'checkpoints', 'step-000400'), { recursive: true });
  for (const name of ['rollouts', 'evaluations', 'control']) mkdirSync(join(directory, name));
  for (const [name, original] of [
    ['metrics.jsonl', `metrics-${index % originals}`],
    ['groups.jsonl', `groups-${index % originals}`],
    ['log.txt', 'log'],
  ] as const)
    linkSync(join(shared, original), join(directory, name));
  const manifest = {
    ...{ schema: 1, id, name: `countdown-${Math.floor(index / 45)}`, experiment, seed, engine: 'embedded' },
    ...{ createdAt: new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString(), experimentFile: null },
    ...{ device: 'CPU, 2 threads', policyChecksum: '00', versions: {}, git: null, parent: null },
    ...(index % 3 === 0 && { study: { id: `study-${index % 100}`, variant: method, seed, point: {} } }),
    ...(index % 7 === 0 && { tags: ['paper'] }),
  };
  // Of this machine, and gone.
  const status = statusOf({ ...ownIdentity(), pid: 2 ** 22, state, step: steps, totalSteps: steps });
  const benchmarks = range(9, (point) => benchmarkRecord(50 * point, 0.3 + point / 50 + (index % 40) / 100));
  writeFileSync(join(directory, 'benchmarks.jsonl'), lines(benchmarks));
  writeFileSync(join(directory, 'status.json'), JSON.stringify(status));
  writeFileSync(join(directory, 'run.json'), JSON.stringify(manifest, null, 2));
}

/** Milliseconds, and those of the processor: on a busy machine only they say something. */
function clock(): () => { milliseconds: number; processor: number } {
  const [used, start] = [process.cpuUsage(), performance.now()];
  return () => {
    const { user, system } = process.cpuUsage(used);
    return { milliseconds: performance.now() - start, processor: (user + system) / 1000 };
  };
}

const idleMilliseconds = 10_000;

async function host(): Promise<object> {
  const took = clock();
  const watcher = new RunsWatcher(folder);
  await watcher.start();
  const rows = new TableRows();
  const all = rows.all(watcher.runs());
  const opened = took();
  // The programs' own code is loaded and compiled by then.
  await sleep(idleMilliseconds / 2);
  const idling = clock();
  await sleep(idleMilliseconds);
  const idle = (1000 * idling().processor) / idleMilliseconds;
  const seen = await change(watcher);
  watcher.dispose();
  return { rows: all.length, opened, idle, seen, peak: process.resourceUsage().maxRSS * 1024 };
}

/** Milliseconds until another program's change of a run is reported. */
async function change(watcher: RunsWatcher): Promise<number> {
  const [run] = watcher.runs();
  if (!run) throw new Error(`There are no runs in ${folder}.`);
  const { name } = run.summary;
  const changing = clock();
  const seen = new Promise<void>((resolve) => {
    watcher.onChange((delta) => delta.kind === 'changed' && delta.run === run && resolve());
  });
  await updateManifest(run.directory, { name: `${name} again` });
  await seen;
  const { milliseconds } = changing();
  await updateManifest(run.directory, { name });
  return milliseconds;
}

/** Turns of the wheel by 25 rows, and the milliseconds from each to the next frame. Runs in the page. */
const scroll = `(async () => {
  const grid = document.querySelector('[data-testid="grid"]');
  const times = [];
  for (let turn = 0; turn < 120; turn++) {
    const start = performance.now();
    grid.scrollTop += 600;
    await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done));
    times.push(performance.now() - start);
  }
  return times;
})()`;

async function paint(): Promise<object> {
  const watcher = new RunsWatcher(folder);
  let known: Promise<void> | undefined;
  let took = clock();
  let onPainted = (_rows: number): void => {};
  const painted = new Promise<number>((resolve) => {
    onPainted = resolve;
  });
  try {
    return await withPage(
      'runs',
      () => {
        took = clock();
        known = watcher.start();
      },
      async (value, page) => {
        const message = parseTableMessage(value);
        if (message?.type === 'painted') onPainted(message.rows);
        if (message?.type !== 'ready') return;
        await known;
        const all = new TableRows().all(watcher.runs());
        page.postText(JSON.stringify({ type: 'rows', all, layout: null, trusted: true }));
      },
      async ({ page }) => {
        const rows = await painted;
        const { milliseconds } = took();
        const frames = await page.evaluate<number[]>(scroll);
        return { rows, milliseconds, frames: frames.toSorted((a, b) => a - b) };
      },
    );
  } finally {
    watcher.dispose();
  }
}

if (part === 'make') {
  make(Number(runsText));
  console.log('{}');
} else console.log(JSON.stringify(await (part === 'host' ? host() : paint())));

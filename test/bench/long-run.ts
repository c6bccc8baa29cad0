/**
 * A run with very many steps, from its folder to the painted dashboard. `long-run.mjs <part> <folder> [steps]`, the last
 * line is JSON. Parts: `make` writes the run; `row` is what the explorer reads of it; `host` what the extension host does
 * for a dashboard that opens, and its memory; `json` the same by objects that go to the page as JSON; `paint` all of it
 * with the real page in a browser.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Asked,
  beatMilliseconds,
  type HostMessage,
  parseWebviewMessage,
  type Questions,
  replyTo,
} from '../../src/contract/index.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { chartsOf } from '../../src/runs/metrics/charts.js';
import { RunWatcher } from '../../src/runs/read/watch.js';
import { answers } from '../../src/views/answers.js';
import { RunFeed } from '../../src/views/run-feed.js';
import { groupRecord, stepMetrics } from '../unit/runs/records.js';
import { arrayBytes, withPage } from './page.js';

const [part = '', folder = '', stepsText = '0'] = process.argv.slice(2);
const steps = Number(stepsText);
const groupsPerStep = 6;
/** Lines that are written at once. */
const batch = 2000;

/** Numbers that look measured: all their digits are written, as Python and JavaScript write them. */
let seed = 1;
function noise(): number {
  seed = (seed * 1664525 + 1013904223) % 2 ** 32;
  return seed / 2 ** 32;
}

function make(): void {
  mkdirSync(folder, { recursive: true });
  const experiment = experimentSchema.parse({ optimization: { steps } });
  const manifest = { schema: 1, id: 'long', name: 'long', createdAt: '2026-01-01T00:00:00Z', experiment };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(manifest));
  const line = (step: number) => {
    const record = Object.entries(stepMetrics(step, Math.sin(step / 5000)));
    const measured = record.map(([name, value]) => [
      name,
      typeof value !== 'number' || Number.isInteger(value) ? value : value + noise(),
    ]);
    return JSON.stringify(Object.fromEntries(measured));
  };
  writeLines('metrics.jsonl', (step) => [line(step)]);
  // Of 10⁶ steps they would fill a disk.
  if (steps > 100_000) return;
  const similarity = Array.from({ length: 28 }, noise);
  writeLines('groups.jsonl', (step) =>
    Array.from({ length: groupsPerStep }, (_, group) =>
      JSON.stringify({ ...groupRecord(step, group), similarity }),
    ),
  );
}

function writeLines(name: string, of: (step: number) => string[]): void {
  const file = openSync(join(folder, name), 'w');
  for (let first = 1; first <= steps; first += batch) {
    const lines = Array.from({ length: Math.min(batch, steps + 1 - first) }, (_, index) => of(first + index));
    writeSync(file, `${lines.flat().join('\n')}\n`);
  }
  closeSync(file);
}

const peakBytes = () => process.resourceUsage().maxRSS * 1024;

/** What a dashboard asks for when it opens. */
async function openInHost() {
  const run = await RunWatcher.open(folder);
  void run.groupSteps;
  let bytes = 0;
  for (const { lines } of chartsOf('training', run.newest ?? undefined)) {
    const args = {
      metrics: lines.map(({ key }) => key),
      averaged: lines.filter(({ smooth }) => smooth).map(({ key }) => key),
      ...{ from: null, to: null, width: 500, smoothing: 0.6 },
    };
    const slices = await answers.slices({ run, runs: () => [], save: async () => false }, args);
    const arrays = [slices.steps, ...slices.values, ...slices.averages];
    bytes += arrays.reduce((sum, array) => sum + array.byteLength, 0);
  }
  return { run, bytes };
}

/** As it was: an object a step, all of them in one message. */
function asJson(): number {
  const records = readFileSync(join(folder, 'metrics.jsonl'), 'latin1')
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  const message = JSON.stringify({ type: 'snapshot', metrics: records });
  JSON.parse(message);
  return message.length;
}

async function paint() {
  let start = 0;
  let bytes = 0;
  let post = (_: HostMessage) => {};
  const opened: { run?: RunWatcher; feed?: RunFeed<Asked<Questions>> } = {};
  const milliseconds = await withPage(
    'dashboard',
    async () => {
      start = performance.now();
      const run = await RunWatcher.open(folder);
      const feed = new RunFeed<Asked<Questions>>(
        run,
        (question) => replyTo(answers, { run, runs: () => [], save: async () => false }, question),
        (message) => post(message),
        () => true,
      );
      Object.assign(opened, { run, feed });
    },
    (value, hosted) => {
      post = (message) => {
        bytes += JSON.stringify(message, (_, item: unknown) =>
          ArrayBuffer.isView(item) ? null : item,
        ).length;
        if (message.type === 'answer') bytes += arrayBytes(message.answer);
        hosted.post(message);
      };
      const parsed = parseWebviewMessage(value);
      if ('problem' in parsed) throw new Error(parsed.problem);
      if (parsed.message.type === 'ready') opened.feed?.ready();
      if (parsed.message.type === 'ask') void opened.feed?.reply(parsed.message);
    },
    async ({ page }) => {
      const beat = setInterval(() => post({ type: 'beat' }), beatMilliseconds);
      const label = `Reward over ${opened.run?.newest?.step} steps`;
      await page.locator(`[aria-label^="${label}"] canvas`).waitFor({ timeout: 60_000 });
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      clearInterval(beat);
      return performance.now() - start;
    },
  );
  opened.feed?.dispose();
  await opened.run?.dispose();
  return { milliseconds, bytes };
}

async function measured(): Promise<object> {
  const [before, used, start] = [peakBytes(), process.cpuUsage(), performance.now()];
  const took = () => {
    const { user, system } = process.cpuUsage(used);
    // On a busy machine only the time of the processor says something.
    return {
      milliseconds: performance.now() - start,
      processor: (user + system) / 1000,
      peak: peakBytes() - before,
    };
  };
  if (part === 'row') {
    const run = await RunWatcher.open(folder);
    const result = took();
    await run.dispose();
    return { ...result, step: run.newest?.step };
  }
  if (part === 'json') return { bytes: asJson(), ...took() };
  if (part === 'host') {
    const { run, bytes } = await openInHost();
    const opened = took();
    await run.start({ files: false });
    while (run.groupSteps.length < (steps > 100_000 ? 0 : steps)) await run.refresh();
    const result = { ...opened, bytes, indexed: took().milliseconds, peak: took().peak };
    await run.dispose();
    return result;
  }
  return paint();
}

if (part === 'make') {
  make();
  console.log('{}');
} else console.log(JSON.stringify(await measured()));

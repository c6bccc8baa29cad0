/**
 * A run with very many steps, from its folder to the painted dashboard. `long-run.mjs <part> <folder> [steps]`, the last
 * line is JSON. Parts: `make` writes the run; `row` is what the explorer reads of it; `host` what the extension host does
 * for a dashboard that opens, and its memory; `json` the same by objects that go to the page as JSON; `paint` all of it
 * with the real page in a browser.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type JSHandle } from 'playwright';
import { browserPath } from '../../scripts/lib/debian.mjs';
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
import { webviewHtml } from '../../src/views/webview-html.js';
import { groupRecord, stepMetrics } from '../unit/runs/records.js';

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

/** Of a page, as far as the host sees it. */
interface Window {
  postMessage(message: unknown, target: string): void;
}

async function paint() {
  const executablePath = browserPath();
  const browser = await chromium.launch(executablePath ? { executablePath } : {});
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const origin = 'http://page.test';
    const types = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };
    await page.route(`${origin}/**`, async (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === '') await route.fulfill({ contentType: 'text/html', body: html(origin) });
      else {
        const contentType = types[name.split('.').at(-1) as keyof typeof types] ?? 'text/plain';
        await route.fulfill({ contentType, path: join('dist/webview', name) });
      }
    });
    const start = performance.now();
    const run = await RunWatcher.open(folder);
    let bytes = 0;
    let window: JSHandle<Window> | undefined;
    const post = (message: HostMessage) => {
      bytes += JSON.stringify(message, (_, value: unknown) =>
        ArrayBuffer.isView(value) ? null : value,
      ).length;
      if (message.type === 'answer') bytes += arrayBytes(message.answer);
      // The browser may be closed while something is on its way.
      window?.evaluate((itself, sent) => itself.postMessage(sent, '*'), message).catch(() => {});
    };
    const feed = new RunFeed<Asked<Questions>>(
      run,
      (question) => replyTo(answers, { run, runs: () => [], save: async () => false }, question),
      post,
      () => true,
    );
    await page.exposeFunction('toHost', async (value: unknown) => {
      const parsed = parseWebviewMessage(value);
      if ('problem' in parsed) throw new Error(parsed.problem);
      if (parsed.message.type === 'ready') {
        window = await page.evaluateHandle<Window>('window');
        feed.ready();
      }
      if (parsed.message.type === 'ask') void feed.reply(parsed.message);
    });
    await page.addInitScript(
      'acquireVsCodeApi = () => ({ postMessage: (sent) => toHost(sent), getState() {}, setState() {} })',
    );
    const beat = setInterval(() => post({ type: 'beat' }), beatMilliseconds);
    await page.goto(`${origin}/`);
    const label = `Reward over ${run.newest?.step} steps`;
    await page.locator(`[aria-label^="${label}"] canvas`).waitFor({ timeout: 60_000 });
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    const milliseconds = performance.now() - start;
    clearInterval(beat);
    feed.dispose();
    await run.dispose();
    return { milliseconds, bytes };
  } finally {
    await browser.close();
  }
}

function arrayBytes(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, item: unknown) => sum + arrayBytes(item), 0);
}

function html(origin: string): string {
  return webviewHtml({
    ...{ title: 'long', nonce: 'bench', language: 'en', cspSource: origin },
    scriptUri: `${origin}/dashboard.js`,
    styleUri: `${origin}/webview.css`,
  });
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

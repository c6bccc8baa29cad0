/**
 * A comparison of many runs, from their folders to the painted page. `compare.mjs <part> <folder> [runs steps]`, the last
 * line is JSON. Parts: `make` writes the runs, and what `tensorboard_runs.py` makes event files of; `host` what the
 * extension host does until it has the slices of the first charts, and then for one new step of one run; `paint` all of
 * it with the real page in a browser, and zooming there.
 */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import {
  type Answers,
  type Compared,
  type CompareQuestions,
  parseCompareMessage,
  replyTo,
} from '../../src/contract/index.js';
import { KnownError } from '../../src/errors.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { RunWatcher } from '../../src/runs/read/watch.js';
import type { Comparison } from '../../src/views/compare/comparison.js';
import { openComparison } from '../../src/views/compare/open-comparison.js';
import type { RunLibrary } from '../../src/views/run-library.js';
import { benchmarkRecord, stepMetrics } from '../unit/runs/records.js';
import { median } from './index.js';
import { arrayBytes, withPage } from './page.js';

const [part = '', folder = '', runsText = '60', stepsText = '2000'] = process.argv.slice(2);
const runs = Number(runsText);
const steps = Number(stepsText);
const methods = ['grpo', 'g2rl', 'entropy', 'dapo'];
const width = 500;
/** New steps, and zooms, of which the median is taken. */
const repeats = 15;

function line(run: number, step: number): string {
  const noise = (name: number) => Math.sin(step * 12.9898 + 78.233 * run + name) * 0.1;
  const metrics = Object.entries(stepMetrics(step, Math.sin(step / 500) + run / 100));
  const measured = metrics.map(([name, value], place) => [
    name,
    typeof value !== 'number' || Number.isInteger(value) ? value : value + noise(place),
  ]);
  return `${JSON.stringify(Object.fromEntries(measured))}\n`;
}

function make(): void {
  for (let run = 0; run < runs; run++) {
    const id = `run-${String(run).padStart(3, '0')}`;
    const directory = join(folder, id);
    mkdirSync(directory, { recursive: true });
    const seed = Math.floor(run / methods.length);
    const experiment = experimentSchema.parse({
      seed,
      method: { name: run % 2 === 0 ? 'grpo' : 'g2rl', lambda: 1 - (run % methods.length) / 10 },
      optimization: { steps },
    });
    const createdAt = new Date(1.7e12 + 1000 * run).toISOString();
    writeFileSync(
      join(directory, 'run.json'),
      JSON.stringify({ schema: 1, id, name: id, createdAt, seed, experiment }),
    );
    const scores = Array.from({ length: 11 }, (_, place) =>
      JSON.stringify(benchmarkRecord(Math.round((place * steps) / 10), 0.4 + place / 50 + run / 1000)),
    );
    writeFileSync(join(directory, 'benchmarks.jsonl'), `${scores.join('\n')}\n`);
    const file = openSync(join(directory, 'metrics.jsonl'), 'w');
    for (let step = 1; step <= steps; step++) writeSync(file, line(run, step));
    closeSync(file);
  }
}

/** Nothing is watched yet, as when runs of another folder are compared. */
const library = {
  ready: Promise.resolve(),
  run: () => undefined,
} as unknown as RunLibrary;

const directories = () => readdirSync(folder).map((name) => join(folder, name));

const look = { axis: 'step', band: 'sd', smoothing: 0.6 } as const;

/** What the page asks for when it opens. @returns bytes of the answers */
async function firstCharts(comparison: Comparison, { choices, usual }: Compared): Promise<number> {
  let bytes = 0;
  for (const place of usual) {
    const { benchmark, metric, smooth } = choices[place]!;
    const smoothing = smooth ? look.smoothing : 0;
    const part = { from: null, to: null, width, singles: false };
    bytes += arrayBytes(await comparison.curves({ ...look, benchmark, metric, smoothing }, part));
  }
  return bytes;
}

async function host() {
  const [start, used] = [performance.now(), process.cpuUsage()];
  const { comparison, dispose } = await openComparison(library, directories(), () => {});
  const described = comparison.described;
  const opened = performance.now() - start;
  const bytes = await firstCharts(comparison, described);
  const slices = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  // On a busy machine only the time of the processor says something.
  const processor = (user + system) / 1000;
  const statistics = await milliseconds(() => comparison.report(described.baseline));
  const [first] = comparison.runs;
  const grown: number[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    appendFileSync(join(first!.directory, 'metrics.jsonl'), line(0, steps + repeat));
    grown.push(
      await milliseconds(async () => {
        if (first instanceof RunWatcher) await first.refresh();
        await firstCharts(comparison, described);
      }),
    );
  }
  dispose();
  return {
    opened,
    slices,
    processor,
    bytes,
    statistics,
    grown: median(grown),
    charts: described.usual.length,
  };
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const nothing = async (): Promise<never> => {
  throw new KnownError('Not asked for here.');
};
const answers: Answers<CompareQuestions, Comparison> = {
  curves: async (comparison, { from, to, width: columns, singles, ...request }) =>
    comparison.curves(request, { from, to, width: columns, singles }),
  report: (comparison, { baseline }) => comparison.report(baseline),
  scores: nothing,
  settings: nothing,
  problems: nothing,
  problem: nothing,
  geometry: nothing,
  evaluatedGeometry: nothing,
  saveTable: nothing,
  saveCurves: nothing,
  savePicture: nothing,
  openRun: nothing,
};

/** The longest of the frames until the zoom and its answer are drawn, for each of some zooms. */
const zooms = `(async () => {
  const slider = document.querySelectorAll('[data-testid=compare-chart] [role=slider]')[1];
  slider.focus();
  const frame = () => new Promise(requestAnimationFrame);
  const keys = '++++----++++---';
  const slowest = [];
  for (const key of keys) {
    let last = await frame();
    slider.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    let longest = 0;
    for (let count = 0; count < 12; count++) {
      const now = await frame();
      longest = Math.max(longest, now - last);
      last = now;
    }
    slowest.push(longest);
  }
  return slowest;
})()`;

async function paint() {
  let start = 0;
  let opening: ReturnType<typeof openComparison> | null = null;
  const opened = async () => {
    if (!opening) throw new Error('The page was there before its host.');
    return (await opening).comparison;
  };
  let bytes = 0;
  let paintedIn = (_: number) => {};
  const painted = new Promise<number>((done) => {
    paintedIn = done;
  });
  const result = await withPage(
    'compare',
    () => {
      start = performance.now();
      // While the page loads, as in the editor.
      opening = openComparison(library, directories(), () => {});
    },
    async (value, { post }) => {
      const parsed = parseCompareMessage(value);
      if ('problem' in parsed) throw new Error(parsed.problem);
      const { message } = parsed;
      const comparison = await opened();
      if (message.type === 'ready') post({ type: 'compared', compared: comparison.described });
      if (message.type === 'ask') {
        const reply = await replyTo(answers, comparison, message);
        if (reply.type === 'answer') bytes += arrayBytes(reply.answer);
        post(reply);
      }
      if (message.type === 'painted') paintedIn(performance.now() - start);
    },
    async ({ page }) => {
      await painted;
      const count = (await opened()).described.usual.length;
      await page.waitForFunction(
        `document.querySelectorAll('[data-testid=compare-chart] canvas').length === ${count}`,
      );
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const milliseconds = performance.now() - start;
      const client = await page.context().newCDPSession(page);
      await client.send('Performance.enable', { timeDomain: 'threadTicks' });
      const spent = async () => {
        const { metrics } = await client.send('Performance.getMetrics');
        return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
      };
      const before = await spent();
      const slowest = (await page.evaluate(zooms)) as number[];
      // Each is drawn twice: at once of the points that are there, then of those that the host gives.
      const zoomWork = ((await spent()) - before) / (2 * slowest.length);
      return { milliseconds, bytes, zoomFrame: median(slowest), zoomWork };
    },
  );
  return result;
}

if (part === 'make') {
  make();
  console.log('{}');
} else console.log(JSON.stringify(part === 'host' ? await host() : await paint()));
process.exit(0);

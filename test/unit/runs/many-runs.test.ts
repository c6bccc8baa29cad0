/** Thousands of runs that have ended: what is read of them, and that a change in one of them is still seen at once. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  watch as watchFiles,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { atomicWriteJson, writeOverJson } from '../../../src/runs/protocol/files.js';
import { ownIdentity } from '../../../src/runs/protocol/identity.js';
import type { RunDelta } from '../../../src/runs/read/reader.js';
import { type RunsDelta, RunsWatcher } from '../../../src/runs/read/watch-all.js';
import { scratch } from '../../scratch.js';
import { statusOf } from '../views/fixtures.js';
import { benchmarkRecord, groupRecord, stepMetrics } from './records.js';

const opened = vi.hoisted(() => ({ files: [] as string[], events: true, below: false, slow: 0 }));

vi.mock('../../../src/runs/protocol/regular-file.js', async (original) => {
  const real: typeof import('../../../src/runs/protocol/regular-file.js') = await original();
  return {
    ...real,
    openRegularFile: (file: string) => {
      opened.files.push(file);
      return real.openRegularFile(file);
    },
    openRegularFileSync: (file: string) => {
      opened.files.push(opened.slow > 0 ? `slowly ${file}` : file);
      const end = performance.now() + opened.slow;
      while (performance.now() < end);
      return real.openRegularFileSync(file);
    },
  };
});
vi.mock('../../../src/runs/read/folder-watch.js', async (original) => {
  const real: typeof import('../../../src/runs/read/folder-watch.js') = await original();
  const watchFolder: typeof real.watchFolder = (folder, report) => {
    if (!opened.events) return null;
    if (!opened.below) return real.watchFolder(folder, report);
    return watchFiles(folder, { recursive: true }, (kind, path) => report(path, kind));
  };
  return {
    ...real,
    watchFolder,
    get seesBelow() {
      return opened.below;
    },
  };
});

const lines = (...records: object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const manifestOf = (id: string) => ({
  ...{ schema: 1, id, name: id, createdAt: '2026-01-01T00:00:00Z' },
  experiment: experimentSchema.parse({}),
});
const finished = statusOf({ state: 'finished', pid: 2 ** 22 });

let root: string;
let watcher: RunsWatcher;
let deltas: RunsDelta[];

function makeRun(id: string, directory = join(root, id)): string {
  for (const name of ['checkpoints', 'control']) mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, 'status.json'), JSON.stringify(finished));
  writeFileSync(join(directory, 'metrics.jsonl'), lines(...[1, 2, 3].map((step) => stepMetrics(step))));
  writeFileSync(join(directory, 'benchmarks.jsonl'), lines(benchmarkRecord(0, 0.3)));
  writeFileSync(join(directory, 'groups.jsonl'), lines(groupRecord(1, 0)));
  writeFileSync(join(directory, 'run.json'), JSON.stringify(manifestOf(id)));
  return directory;
}

/** Files that are no longer new. */
function later(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
}

async function watch(): Promise<void> {
  watcher = new RunsWatcher(root);
  watcher.onChange((delta) => deltas.push(delta));
  await watcher.start();
  deltas.length = 0;
}

const soon = { timeout: 2000, interval: 10 };
const changes = (directory: string): RunDelta[] =>
  deltas.flatMap((delta) =>
    delta.kind === 'changed' && delta.run.directory === directory ? [delta.change] : [],
  );

beforeEach(() => {
  root = mkdtempSync(join(scratch('many'), 'runs-'));
  deltas = [];
  Object.assign(opened, { files: [], events: true, below: false, slow: 0 });
});
afterEach(() => {
  watcher.dispose();
  vi.useRealTimers();
});

describe('what is read', () => {
  test('of each run every file once, none of its groups, and nothing again while nothing changes', async () => {
    for (let index = 0; index < 40; index++) makeRun(`run-${index}`);
    later();
    await watch();
    expect(watcher.runs()).toHaveLength(40);
    const names = ['benchmarks.jsonl', 'metrics.jsonl', 'run.json', 'status.json'];
    const expected = watcher.runs().flatMap(({ directory }) => names.map((name) => join(directory, name)));
    expect(opened.files.toSorted()).toEqual(expected.toSorted());
    await watcher.refresh();
    await watcher.refresh();
    expect(opened.files).toHaveLength(expected.length);
    expect(deltas).toEqual([]);
  });

  test('of a run that changed the files that did', async () => {
    const directories = ['a', 'b', 'c'].map((id) => makeRun(id));
    later();
    await watch();
    opened.files.length = 0;
    appendFileSync(join(directories[1]!, 'benchmarks.jsonl'), lines(benchmarkRecord(3, 0.5)));
    await watcher.refresh();
    expect(opened.files).toEqual([join(directories[1]!, 'benchmarks.jsonl')]);
    expect(watcher.runs().map(({ benchmarks }) => benchmarks.length)).toEqual([1, 2, 1]);
  });

  test('a file that is written twice within a tick of the clock, as long as before, is read again', async () => {
    const directory = makeRun('a');
    await watch();
    const time = new Date();
    for (const name of ['b', 'c', 'd']) {
      writeFileSync(join(directory, 'run.json'), JSON.stringify({ ...manifestOf('a'), name }));
      utimesSync(join(directory, 'run.json'), time, time);
      await watcher.refresh();
      expect(watcher.runs()[0]?.summary.name).toBe(name);
    }
  });

  test('a drive that is slow is read in other threads', async () => {
    for (let index = 0; index < 20; index++) makeRun(`run-${index}`);
    opened.slow = 1;
    await watch();
    expect(watcher.runs()).toHaveLength(20);
    const slowly = opened.files.filter((file) => file.startsWith('slowly'));
    expect(slowly.length).toBeLessThan(40);
    expect(opened.files.length).toBe(80);
  });
});

/** The second one as on macOS and Windows. */
const kinds = [
  { by: 'a watcher for each folder', below: false },
  { by: 'one watcher that sees below its folder', below: true },
];

describe.each(kinds)(
  'by $by a change from outside is seen within two seconds, in that run alone:',
  ({ below }) => {
    const others = 30;
    let run: string;

    beforeEach(async () => {
      opened.below = below;
      for (let index = 0; index < others; index++) makeRun(`run-${index}`);
      run = makeRun('run-x');
      await watch();
    });
    const state = () => watcher.run(run)?.summary.state;
    afterEach(() => {
      const touched = new Set(deltas.flatMap((delta) => ('run' in delta ? [delta.run.directory] : [])));
      expect([...touched].map((directory) => basename(directory))).toEqual(['run-x']);
    });

    test('tags, by a rename or in place', async () => {
      atomicWriteJson(join(run, 'run.json'), { ...manifestOf('run-x'), tags: ['one'] });
      await expect.poll(() => watcher.run(run)?.summary.manifest.tags, soon).toEqual(['one']);
      writeOverJson(join(run, 'run.json'), { ...manifestOf('run-x'), tags: ['two'] });
      await expect.poll(() => watcher.run(run)?.summary.manifest.tags, soon).toEqual(['two']);
    });

    test('resumed, then ended again', async () => {
      atomicWriteJson(join(run, 'status.json'), { ...finished, ...ownIdentity(), state: 'running', step: 4 });
      await expect.poll(state, soon).toBe('running');
      appendFileSync(join(run, 'metrics.jsonl'), lines(stepMetrics(4)));
      await expect.poll(() => changes(run), soon).toContainEqual({ kind: 'metrics', steps: [4] });
      atomicWriteJson(join(run, 'status.json'), { ...finished, state: 'failed', step: 4 });
      await expect.poll(state, soon).toBe('failed');
    });

    test('scored again', async () => {
      appendFileSync(join(run, 'benchmarks.jsonl'), lines(benchmarkRecord(3, 0.6)));
      await expect.poll(() => changes(run).map(({ kind }) => kind), soon).toContain('benchmarks');
      expect(watcher.run(run)?.benchmarks).toHaveLength(2);
    });

    test('deleted, and made again', async () => {
      rmSync(run, { recursive: true });
      await expect.poll(() => watcher.run(run), soon).toBeUndefined();
      expect(watcher.runs()).toHaveLength(others);
      makeRun('run-x');
      await expect.poll(state, soon).toBe('finished');
    });

    test('another folder in its place, which is followed', async () => {
      const other = makeRun('run-x', join(scratch('other'), 'run'));
      atomicWriteJson(join(other, 'run.json'), { ...manifestOf('run-x'), name: 'other' });
      rmSync(run, { recursive: true });
      renameSync(other, run);
      await expect.poll(() => watcher.run(run)?.summary.name, soon).toBe('other');
      atomicWriteJson(join(run, 'run.json'), { ...manifestOf('run-x'), name: 'other again' });
      await expect.poll(() => watcher.run(run)?.summary.name, soon).toBe('other again');
    });
  },
);

test('a folder becomes a run when it gets its run.json', async () => {
  mkdirSync(join(root, 'a'));
  await watch();
  expect(watcher.unreadable()).toHaveLength(1);
  writeFileSync(join(root, 'a', 'run.json'), JSON.stringify(manifestOf('a')));
  await expect.poll(() => watcher.runs().length, soon).toBe(1);
  expect(watcher.unreadable()).toEqual([]);
});

test('the files of a run that is at work are watched by themselves, until it has ended', async () => {
  opened.events = false;
  const run = makeRun('a');
  atomicWriteJson(join(run, 'status.json'), { ...finished, ...ownIdentity(), state: 'running', step: 3 });
  await watch();
  // The watcher is ready after a moment; without it every line would be found two seconds later.
  const delays: number[] = [];
  for (let step = 4; step < 10; step++) {
    const start = performance.now();
    appendFileSync(join(run, 'metrics.jsonl'), lines(stepMetrics(step)));
    await expect
      .poll(() => changes(run), { timeout: 3000, interval: 5 })
      .toContainEqual({ kind: 'metrics', steps: [step] });
    delays.push(performance.now() - start);
  }
  expect(delays.toSorted((a, b) => a - b)[2]).toBeLessThan(500);
  atomicWriteJson(join(run, 'status.json'), { ...finished, state: 'finished', step: 9 });
  await expect.poll(() => watcher.run(run)?.summary.state, { timeout: 3000 }).toBe('finished');
});

test('without events from the system, changes, new runs and deleted ones are found by looking', async () => {
  opened.events = false;
  const [a, b] = ['a', 'b', 'c'].map((id) => makeRun(id));
  await watch();
  const patience = { timeout: 9000, interval: 50 };
  atomicWriteJson(join(a!, 'run.json'), { ...manifestOf('a'), name: 'tagged elsewhere' });
  rmSync(b!, { recursive: true });
  makeRun('d');
  await expect
    .poll(() => watcher.runs().map(({ summary }) => summary.name), patience)
    .toEqual(['tagged elsewhere', 'c', 'd']);
});

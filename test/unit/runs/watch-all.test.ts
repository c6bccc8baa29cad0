import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { updateManifest } from '../../../src/runs/read/list.js';
import { RunWatcher } from '../../../src/runs/read/watch.js';
import { RunsWatcher } from '../../../src/runs/read/watch-all.js';
import { scratch } from '../../scratch.js';
import { statusOf } from '../views/fixtures.js';

describe('the runs of a folder', () => {
  let workspace: string;
  let root: string;
  let watcher: RunsWatcher | undefined;

  beforeEach(() => {
    workspace = scratch('watch-all');
    root = join(workspace, '.g2rl', 'runs');
  });
  afterEach(() => watcher?.dispose());

  async function watch(): Promise<void> {
    watcher = new RunsWatcher(root);
    await watcher.start();
  }

  function makeRun(id: string, under = root): string {
    const directory = join(under, id);
    mkdirSync(directory, { recursive: true });
    const manifest = { schema: 1, id, name: id, createdAt: '2026-01-01T00:00:00Z' };
    writeFileSync(
      join(directory, 'run.json'),
      JSON.stringify({ ...manifest, experiment: experimentSchema.parse({}) }),
    );
    writeFileSync(join(directory, 'status.json'), JSON.stringify(statusOf({ state: 'finished' })));
    return directory;
  }

  const names = () => (watcher?.runs() ?? []).map((run) => run.summary.name);
  const shows = (...expected: string[]) =>
    expect.poll(names, { timeout: 8000, interval: 50 }).toEqual(expected);

  /** A change of a run that has ended is seen by the file watcher, not only by the slow poll. */
  async function followsChanges(id: string): Promise<void> {
    const directory = join(root, id);
    const before = performance.now();
    await updateManifest(directory, { name: `${id} renamed` });
    await shows(`${id} renamed`);
    expect(performance.now() - before).toBeLessThan(1500);
    await updateManifest(directory, { name: id });
    await shows(id);
  }

  test('are seen in a workspace without their folder, as soon as it is made', async () => {
    await watch();
    makeRun('a');
    await shows('a');
    await followsChanges('a');
  });

  test('are seen at once when someone asks, also before the root is looked at again', async () => {
    await watch();
    makeRun('a');
    await watcher?.refresh();
    expect(names()).toEqual(['a']);
    await followsChanges('a');
  });

  test('go with their folder, and those of the next one are followed', async () => {
    makeRun('a');
    await watch();
    expect(names()).toEqual(['a']);
    rmSync(join(workspace, '.g2rl'), { recursive: true });
    await shows();
    makeRun('b');
    await shows('b');
    await followsChanges('b');
  });

  test('are back when their folder is moved away and back, and are followed again', async () => {
    makeRun('a');
    await watch();
    renameSync(join(workspace, '.g2rl'), join(workspace, 'away'));
    await shows();
    renameSync(join(workspace, 'away'), join(workspace, '.g2rl'));
    await shows('a');
    await followsChanges('a');
  });

  test('are those of the folder that took the place of another', async () => {
    makeRun('a');
    const other = join(workspace, 'other');
    makeRun('b', other);
    await watch();
    renameSync(root, join(workspace, 'old'));
    renameSync(other, root);
    await shows('b');
    await followsChanges('b');
  });

  test('are followed through a link, also when it leads elsewhere later', async () => {
    const first = join(workspace, 'first');
    const second = join(workspace, 'second');
    makeRun('a', first);
    makeRun('b', second);
    mkdirSync(join(workspace, '.g2rl'));
    symlinkSync(first, root);
    await watch();
    expect(names()).toEqual(['a']);
    await followsChanges('a');
    rmSync(root);
    symlinkSync(second, root);
    await shows('b');
    await followsChanges('b');
  });

  test('that have ended are still read now and then: what another machine writes makes no event', async () => {
    const directory = makeRun('a');
    // Without a file watcher, as on a network drive.
    const run = await RunWatcher.open(directory);
    await run.start({ files: false });
    await updateManifest(directory, { name: 'resumed elsewhere' });
    await expect.poll(() => run.summary.name, { timeout: 8000 }).toBe('resumed elsewhere');
    await run.dispose();
  });
});

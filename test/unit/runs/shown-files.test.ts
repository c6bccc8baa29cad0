/** Whatever `run.json` and `status.json` lack or hold instead, a run is shown, or the file and the field are named. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRun } from '../../../src/cli/display.js';
import { distinguish, runTitle } from '../../../src/runs/facts/distinguish.js';
import { otherRuns } from '../../../src/runs/facts/run-lists.js';
import { RunFileError } from '../../../src/runs/protocol/files.js';
import { readRunnableManifest } from '../../../src/runs/protocol/runnable-manifest.js';
import { RunReader } from '../../../src/runs/read/reader.js';
import {
  endNotice,
  runAccessibleLabel,
  runDescription,
  runTooltip,
  statusBarContent,
} from '../../../src/views/run-text.js';
import { runContextValue } from '../../../src/views/run-tree-model.js';
import { sections } from '../../../webview/src/lib/configuration.js';
import { scratch } from '../../scratch.js';
import { runOf } from '../views/fixtures.js';

const base = runOf({ pinned: true, notes: 'a note' });
const { manifest, status } = base.summary;
const files = { 'run.json': { ...manifest, tags: ['a'] }, 'status.json': status ?? {} };

/** The paths of a value, leaves and what holds them. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

/** A copy with another value at a path; undefined removes it. */
function changed(value: unknown, [key = '', ...rest]: readonly string[], to: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    // Something else stands where there was an object.
    if (!(Number(key) < value.length)) return value;
    const items = value.map((item, index) =>
      String(index) === key && rest.length > 0 ? changed(item, rest, to) : item,
    );
    return rest.length > 0 ? items : items.with(Number(key), to);
  }
  const copy: Record<string, unknown> = { ...value };
  if (rest.length > 0) copy[key] = changed(copy[key], rest, to);
  else if (to === undefined) delete copy[key];
  else copy[key] = to;
  return copy;
}

const root = scratch();
let count = 0;

function write(content: Record<string, unknown>): string {
  const directory = join(root, `run-${count++}`);
  mkdirSync(directory);
  for (const [name, value] of Object.entries(content)) {
    writeFileSync(join(directory, name), JSON.stringify(value));
  }
  return directory;
}

/** Everything that is said of a run from these files alone. */
function texts(run: RunReader): string {
  const traits = distinguish([run.summary, base.summary]).get(run.summary.id) ?? [];
  const context = { traits, now: Date.now() };
  return [
    runTitle(run.summary, traits),
    runTooltip(run, Date.now()),
    runDescription(run, context),
    runAccessibleLabel(run, runDescription(run, context)),
    runContextValue(run),
    JSON.stringify([
      statusBarContent([run], () => context),
      statusBarContent([run, run], () => context),
      endNotice(run, traits),
    ]),
    JSON.stringify(sections(run.summary.manifest)),
    JSON.stringify(otherRuns([run], null)),
    ...formatRun(run, 80),
  ].join('\n');
}

const places = Object.entries(files).flatMap(([name, value]) =>
  pathsOf(value).map((path): [name: string, path: string[]] => [name, path]),
);
const wrong: readonly unknown[] = [undefined, null, 7, 'text', true, [], [null], {}];

test('any field may be missing or something else', async () => {
  for (const [name, path] of places) {
    for (const value of wrong) {
      const directory = write({ ...files, [name]: changed(files[name as keyof typeof files], path, value) });
      const where = `${name} ${path.join('.')} = ${JSON.stringify(value)}`;
      try {
        const run = await RunReader.open(directory);
        expect(texts(run), where).not.toMatch(/undefined|\bNaN\b/);
      } catch (error) {
        expect(error, where).toBeInstanceOf(RunFileError);
        expect(String(error), where).toContain(`${path[0] === 'experiment' ? 'experiment.' : path[0]}`);
        expect(String(error), where).toContain('run.json');
      }
    }
  }
}, 60_000);

test('several at once', async () => {
  const change = fc.tuple(fc.constantFrom(...places), fc.constantFrom(...wrong));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 2, maxLength: 8 }), async (changes) => {
      const content: Record<string, unknown> = { ...files };
      for (const [[name, path], value] of changes) content[name] = changed(content[name], path, value);
      const run = await RunReader.open(write(content)).catch((error: unknown) => error);
      if (run instanceof RunReader) texts(run);
      else expect(run).toBeInstanceOf(RunFileError);
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('a trainer takes no run whose settings are not known', async () => {
  for (const [path, field] of [
    [['experiment', 'method', 'name'], 'experiment.method.name'],
    [['device'], 'device'],
  ] as const) {
    const directory = write({ 'run.json': changed(files['run.json'], path, 7) });
    await expect(readRunnableManifest(directory)).rejects.toThrow(`run.json: ${field}:`);
  }
});

/** Questions about logs of other programs: what they do not say is neither 0 nor false. */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { recordsOf } from '../../../src/export/run-records.js';
import { findLogs } from '../../../src/logs/find.js';
import { ImportedRun } from '../../../src/logs/imported-run.js';
import { ask } from '../../../src/query/queries.js';
import { scratch } from '../../scratch.js';

/** A run of rows, and how it is asked. */
async function imported(rows: readonly object[]) {
  const root = scratch('runs');
  const file = join(scratch('log'), 'table.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const [found] = await findLogs(file);
  const run = await ImportedRun.open(found!, root);
  if (!(run instanceof ImportedRun)) throw new Error('Another process has it.');
  await run.update({ fileResults: async () => {} }, new AbortController().signal);
  run.close();
  const id = basename(run.directory);
  const asked = (name: string, args: object = {}) =>
    ask(name, { run: id, ...args }, { root, patience: 5000 }) as Promise<Record<string, unknown>>;
  return { directory: run.directory, asked };
}

const response = (step: number, prompt: string, reward?: number) => ({
  step,
  prompt,
  completion: 'three',
  ...(reward !== undefined && { reward }),
});

test('groups without rewards, or of one response, match no filter, and are counted as unknown', async () => {
  const { asked } = await imported([response(1, 'a'), response(1, 'a'), response(1, 'b', 1)]);
  for (const filter of ['without_signal', 'flat', 'truncated']) {
    expect(await asked('groups', { [filter]: true })).toMatchObject({ matching: 0, of: 2, unknown: 2 });
  }
  expect(await asked('groups', { all_wrong: true })).toMatchObject({ matching: 0, unknown: 1 });
  expect(await asked('groups', { all_correct: true })).toMatchObject({ matching: 1, unknown: 1 });
  expect(await asked('groups')).not.toHaveProperty('unknown');
  expect(await asked('groups', { limit: 1 })).toMatchObject({
    groups: [{ flat: null, without_signal: null, at_length_limit: null, correct: null }],
  });
  const group = await asked('group', { step: 1, group: 0 });
  expect(group).toMatchObject({ responses: [{ reward: null }, { reward: null }] });
  expect((group.responses as object[])[0]).not.toHaveProperty('finished');
  expect(await asked('prompts')).toMatchObject({ counts: { all: 1, silent: null } });
});

test('rewards of several responses tell whether a group gave a signal', async () => {
  const { asked } = await imported([response(1, 'a', 1), response(1, 'a', 1), response(1, 'b', 0)]);
  expect(await asked('groups', { without_signal: true })).toMatchObject({ matching: 1, unknown: 1 });
  expect(await asked('prompts', { kind: 'silent' })).toMatchObject({ counts: { all: 2, silent: 0 } });
});

test('advice is what can be done with the run', async () => {
  const { asked } = await imported([{ step: 1, loss: 2 }]);
  await expect(asked('flips')).rejects.toMatchObject({ hint: expect.stringContaining('import-results') });
  await expect(asked('group', { step: 1, group: 0 })).rejects.toMatchObject({ hint: 'It has none at all.' });
  await expect(asked('log')).rejects.toMatchObject({ hint: expect.stringContaining('It was imported from') });
  const { settings } = await asked('settings');
  expect(Object.values(settings as object)).not.toContain('–');
  expect(await asked('snapshot', { step: 1 })).toMatchObject({ groups: null });
});

test('overlaps that nobody measured are not exported as 0', async () => {
  const { directory } = await imported([response(1, 'a', 1), response(1, 'a', 0)]);
  const { columns, portions } = await recordsOf([directory], 'groups');
  const place = columns.findIndex(({ name }) => name === 'similarity');
  const rows = [];
  for await (const portion of portions()) rows.push(...portion);
  expect(rows.map((row) => row[place])).toEqual([null, null]);
});

import { expect, test, vi } from 'vitest';
import { eachRun } from '../../../src/commands/each-run.js';
import type { WatchedRun } from '../../../src/views/run-feed.js';
import { runOf } from '../views/fixtures.js';

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...values: unknown[]) =>
      text.replace(/\{(\d)\}/g, (_, place: string) => String(values[Number(place)])),
  },
}));

const runs = ['a', 'b', 'c'].map((id) => runOf({ id, name: id }) as unknown as WatchedRun);

test('where one run fails the others are done all the same, and it is named', async () => {
  const done: string[] = [];
  const all = eachRun(runs, async ({ summary }) => {
    if (summary.id === 'b') throw new Error('The disk is full.');
    done.push(summary.id);
    return undefined;
  });
  await expect(all).rejects.toThrow(/^1 of 3 runs failed\. b: .*The disk is full\./);
  expect(done).toEqual(['a', 'c']);
});

test('a run that is alone fails as itself, and what is cancelled leaves the others', async () => {
  const error = new Error('gone');
  await expect(eachRun(runs.slice(0, 1), () => Promise.reject(error))).rejects.toBe(error);
  const done: string[] = [];
  await eachRun(runs, async ({ summary }) => {
    done.push(summary.id);
    return summary.id !== 'b';
  });
  expect(done).toEqual(['a', 'b']);
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { terminal } from '../../../src/cli/terminal.js';

let written: string[];

beforeEach(() => {
  written = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('a terminal warns where the editor asks, and goes on', async () => {
  expect(await terminal.confirm('It may not fit.', 'It is slow.\nIt is old.', 'Start Anyway')).toBe(true);
  expect(await terminal.confirm('It may not fit.', '', 'Start Anyway')).toBe(true);
  expect(written).toEqual([
    'warning: It may not fit.\n',
    'warning: It is slow.\n',
    'warning: It is old.\n',
    'warning: It may not fit.\n',
  ]);
});

test('progress is a line each where nothing can be drawn over', async () => {
  const result = await terminal.progress({ title: 'Working', cancellable: true }, async (report) => {
    report({ message: 'looking' });
    report({ message: '1/2 problems', share: 0.5 });
    return 7;
  });
  expect(result).toBe(7);
  expect(written).toEqual(['Working: looking\n', '1/2 problems\n']);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s cancels work that can be cancelled, once', async (name) => {
  const before = process.listenerCount(name);
  const aborted = await terminal.progress({ title: 'Working', cancellable: true }, async (_, signal) => {
    process.emit(name);
    expect(process.listenerCount(name)).toBe(before);
    return signal.aborted;
  });
  expect(aborted).toBe(true);
  await terminal.progress({ title: 'Stopping', cancellable: false }, async () => {
    expect(process.listenerCount(name)).toBe(before);
  });
});

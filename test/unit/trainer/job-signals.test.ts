import { afterEach, expect, test, vi } from 'vitest';
import { stopOnSignals } from '../../../src/trainer/job-signals.js';

const signals = ['SIGINT', 'SIGTERM'] as const;
const before = new Map(signals.map((signal) => [signal, process.listeners(signal)]));

afterEach(() => {
  vi.useRealTimers();
  for (const signal of signals) {
    for (const listener of process.listeners(signal)) {
      if (!before.get(signal)!.includes(listener)) process.off(signal, listener);
    }
  }
});

test('a Ctrl-C that arrives twice is one request; a later one does not wait', () => {
  vi.useFakeTimers();
  const stops: string[] = [];
  stopOnSignals({ stop: (mode) => stops.push(mode) });
  // From the terminal, then from the process that started the job.
  process.emit('SIGINT');
  vi.advanceTimersByTime(20);
  process.emit('SIGINT');
  expect(stops).toEqual(['checkpoint']);
  vi.advanceTimersByTime(2000);
  process.emit('SIGTERM');
  expect(stops).toEqual(['checkpoint', 'now']);
});

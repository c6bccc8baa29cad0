/** A run that waits for the end of another one, in real trainer processes. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { exitOf, makeRun, readStatus, startTrainer, until } from './trainer.js';

/** A run in the folder of `directory` that starts after it. */
function makeLater(directory: string): string {
  const later = join(dirname(directory), 'later');
  cpSync(directory, later, { recursive: true });
  const file = join(later, 'run.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
  writeFileSync(file, JSON.stringify({ ...manifest, id: 'later', after: 'run' }));
  return later;
}

test('it waits as long as the other run has a process, says so, and then trains', async () => {
  const directory = makeRun({ optimization: { steps: 100_000, minibatches: 2 } });
  const later = makeLater(directory);
  const first = startTrainer(directory);
  await until(() => readStatus(directory)?.state === 'running');
  const second = startTrainer(later);
  const ended = exitOf(second);
  await until(() => readStatus(later)?.waitingFor === 'run');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(readStatus(later)).toMatchObject({ state: 'starting', waitingFor: 'run' });
  expect(existsSync(join(later, 'metrics.jsonl'))).toBe(false);
  // Even one that is killed has ended; its status does not know that for a while.
  first.kill('SIGKILL');
  await until(() => (readStatus(later)?.step ?? 0) > 0);
  expect(readStatus(later)?.waitingFor).toBeNull();
  second.kill('SIGTERM');
  expect(await ended).toBe(0);
});

test('one that waits can be stopped', async () => {
  const directory = makeRun({ optimization: { steps: 100_000, minibatches: 2 } });
  const later = makeLater(directory);
  const first = startTrainer(directory);
  await until(() => readStatus(directory)?.state === 'running');
  const second = startTrainer(later);
  const ended = exitOf(second);
  await until(() => readStatus(later)?.waitingFor === 'run');
  writeFileSync(join(later, 'control', 'stop'), JSON.stringify({ mode: 'checkpoint' }));
  expect(await ended).toBe(0);
  expect(readStatus(later)).toMatchObject({ state: 'stopped', step: 0 });
  first.kill('SIGKILL');
});

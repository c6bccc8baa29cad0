import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeEvent } from '../../../src/tensorboard/event.js';
import { EventWriter } from '../../../src/tensorboard/event-writer.js';
import { readFrames } from '../../../src/tensorboard/records.js';
import { scratch } from '../../scratch.js';

test('what is written is whole after every step, and read again with its zeros', () => {
  const folder = join(scratch('events'), 'tensorboard');
  const writer = EventWriter.begin(folder, 0);
  const sizes = [1, 2].map((step) => {
    writer.write(step, 1.7e9 + step, { reward: step / 4, kl: 0, 'g2rl/clip_fraction': 1 });
    return readFileSync(writer.file).length;
  });
  expect(readdirSync(folder)[0]).toMatch(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.0$/);
  const bytes = readFileSync(writer.file);
  const events: ReturnType<typeof decodeEvent>[] = [];
  expect(readFrames(bytes, (data) => events.push(decodeEvent(data)))).toEqual({
    whole: bytes.length,
    damaged: null,
  });
  expect(events.map(({ step, scalars }) => [step, Object.fromEntries(scalars)])).toEqual([
    [0, {}],
    [1, { reward: 0.25, kl: 0, 'g2rl/clip_fraction': 1 }],
    [2, { reward: 0.5, kl: 0, 'g2rl/clip_fraction': 1 }],
  ]);
  // Killed after the first step, a reader has it as a whole.
  expect(readFrames(bytes.subarray(0, sizes[0]), () => {})).toEqual({ whole: sizes[0], damaged: null });
});

test('a process that goes on begins a file that says from which step', () => {
  const folder = scratch('events');
  mkdirSync(join(folder, 'tensorboard'));
  const writer = EventWriter.begin(join(folder, 'tensorboard'), 40);
  const steps: number[] = [];
  readFrames(readFileSync(writer.file), (data) => steps.push(decodeEvent(data).step));
  // The version of the file, then the start of a session, at which TensorBoard forgets what came after.
  expect(steps).toEqual([0, 41]);
});

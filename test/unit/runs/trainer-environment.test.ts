/** What a trainer's process is told about memory, and what Python is not. */
import { afterEach, expect, test } from 'vitest';
import { startPython } from '../../../src/engines/torch/run/python-process.js';
import { trainerEnvironment } from '../../../src/runs/control/launch.js';

const name = 'MALLOC_TRIM_THRESHOLD_';
const arenas = 'MALLOC_ARENA_MAX';
const before = { ...process.env };
afterEach(() => {
  for (const variable of [name, arenas]) {
    if (before[variable] === undefined) delete process.env[variable];
    else process.env[variable] = before[variable];
  }
});

test.runIf(process.platform === 'linux')(
  'the allocator keeps freed memory, unless a person chose otherwise',
  () => {
    delete process.env[name];
    delete process.env[arenas];
    expect(trainerEnvironment()[name]).toBe('2000000000');
    // Without it the engine's thread has an arena of its own, which the thresholds do not concern.
    expect(trainerEnvironment()[arenas]).toBe('1');
    process.env[name] = '1000';
    expect(trainerEnvironment()[name]).toBe('1000');
  },
);

test('Python has the allocator that it always has', async () => {
  process.env[name] = '1000';
  process.env[arenas] = '1';
  const print = `process.stdout.write([process.env.${name}, process.env.${arenas}, process.env.A].map(String).join(' '))`;
  const command = { program: process.execPath, parameters: ['-e', print], environment: { A: 'b' } };
  const { child, end } = startPython(command, 'pipe');
  let output = '';
  child.stdout!.on('data', (data: Buffer) => {
    output += data.toString();
  });
  expect((await end).code).toBe(0);
  expect(output).toBe('undefined undefined b');
});

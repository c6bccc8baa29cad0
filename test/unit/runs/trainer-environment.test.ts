/** What a trainer's process is told about memory, and what Python is not. */
import { afterEach, expect, test } from 'vitest';
import { startPython } from '../../../src/engines/torch/run/python-process.js';
import { trainerEnvironment } from '../../../src/runs/control/launch.js';

const name = 'MALLOC_TRIM_THRESHOLD_';
const before = process.env[name];
afterEach(() => {
  if (before === undefined) delete process.env[name];
  else process.env[name] = before;
});

test.runIf(process.platform === 'linux')(
  'the allocator keeps freed memory, unless a person chose otherwise',
  () => {
    delete process.env[name];
    expect(trainerEnvironment()[name]).toBe('2000000000');
    process.env[name] = '1000';
    expect(trainerEnvironment()[name]).toBe('1000');
  },
);

test('Python has the allocator that it always has', async () => {
  process.env[name] = '1000';
  const print = `process.stdout.write(String(process.env.${name}) + ' ' + process.env.A)`;
  const command = { program: process.execPath, parameters: ['-e', print], environment: { A: 'b' } };
  const { child, end } = startPython(command, 'pipe');
  let output = '';
  child.stdout!.on('data', (data: Buffer) => {
    output += data.toString();
  });
  expect((await end).code).toBe(0);
  expect(output).toBe('undefined b');
});

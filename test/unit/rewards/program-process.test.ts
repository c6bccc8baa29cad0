import { mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ProgramProcess } from '../../../src/rewards/program-process.js';
import { scratch } from '../../scratch.js';

test('lines with the mark of UTF-8 and the ends of Windows', async () => {
  const folder = scratch('program');
  mkdirSync(folder, { recursive: true });
  const script = String.raw`process.stdout.write('\uFEFF{"reward":1}\r\n\uFEFF{"note":"a\uFEFFb"}\n')`;
  const program = new ProgramProcess({
    command: [process.execPath, '-e', script],
    folder,
    guard: null,
    log: () => {},
  });
  expect(await program.read(20_000)).toBe('{"reward":1}');
  expect(await program.read(20_000)).toBe('{"note":"a\uFEFFb"}');
  await program.close();
});

test('a bar of progress on stderr is one line of the log, and never too long', async () => {
  const folder = scratch('program');
  mkdirSync(folder, { recursive: true });
  const script = String.raw`for (let i = 0; i < 80; i++) process.stderr.write('\r' + String(i).repeat(1e6));
process.stderr.write('\rdone\nnext\nlast');`;
  const log: string[] = [];
  const program = new ProgramProcess({
    command: [process.execPath, '-e', script],
    folder,
    guard: null,
    log: (line) => log.push(line),
  });
  expect(await program.read(20_000)).toMatchObject({ how: 'ended with code 0', lastWords: log });
  expect(log.slice(1)).toEqual(['next', 'last']);
  expect(log[0]?.length).toBeLessThanOrEqual(2001);
  await program.close();
});

test('a program that is not there, and one that is no program', async () => {
  const folder = scratch('program');
  mkdirSync(folder, { recursive: true });
  for (const [program, refused] of [
    ['no-such-program', 'missing'],
    [folder, 'forbidden'],
  ] as const) {
    const started = new ProgramProcess({ command: [program], folder, guard: null, log: () => {} });
    expect(await started.read(20_000)).toMatchObject({ refused });
    await started.close();
  }
});

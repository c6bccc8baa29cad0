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

/** Folders for what tests write. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const folders: string[] = [];

/** A new folder, removed when the tests of the file are over. */
export function scratch(name = 'test'): string {
  const folder = mkdtempSync(join(tmpdir(), `g2rl-${name}-`));
  folders.push(folder);
  return folder;
}

// Hooks run in the reverse of the order in which they are declared: those of the test file, which end what still
// writes, come first.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

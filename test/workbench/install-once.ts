/** Before the first test: the packaged extension is installed once, for the editors of all tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installExtension, sharedExtensions } from './server.js';

export default async function installOnce(): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'g2rl-extension-'));
  process.env[sharedExtensions] = await installExtension(home);
  return () => rm(home, { recursive: true, force: true, maxRetries: 5 });
}

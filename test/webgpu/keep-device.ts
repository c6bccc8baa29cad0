/** Before the tests of each file, which share a process: see open-session.ts. */
import { beforeAll } from 'vitest';
import { softwareGpu } from '../../scripts/lib/debian.mjs';
import { openSession } from './open-session.js';

beforeAll(async () => {
  if (softwareGpu() !== null) await openSession();
});

/** The beginning of `npm run torture`: what must hold stands in test/torture/index.ts. */
import { expect, test } from 'vitest';
import { torture } from '../torture/index.js';

test.skipIf(process.platform !== 'linux')(
  'whatever is killed when, a resumed run ends as if it had been left alone',
  async () => {
    const { kills, lives, seconds, mismatches } = await torture({
      kills: 20,
      seed: 1,
      parallel: 2,
      say: () => {},
    });
    process.stdout.write(`${kills} kills, ${lives} lives, ${seconds.toFixed(0)} seconds\n`);
    expect(mismatches).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(20);
  },
);

import { expect, test } from 'vitest';
import { parseSetupMessage } from '../../../src/contract/setup-messages.js';

test.each([
  [
    { type: 'install', cpu: 'yes', extra: 1 },
    { type: 'install', cpu: false },
  ],
  [
    { type: 'install', cpu: true },
    { type: 'install', cpu: true },
  ],
  [{ type: 'check', command: 'rm' }, { type: 'check' }],
  [
    { type: 'error', message: 'x'.repeat(9000) },
    { type: 'error', message: 'x'.repeat(4000) },
  ],
  [{ type: 'launch' }, null],
  ['install', null],
  [null, null],
])('a message of the setup page %#', (value, expected) => {
  expect(parseSetupMessage(value)).toEqual(expected);
});

import { afterEach, expect, test, vi } from 'vitest';
import { failureText, finish } from '../../../src/cli/boundary.js';
import { InputError } from '../../../src/errors.js';

vi.mock('../../../src/cli/context.js', async (original) => ({
  ...(await original<typeof import('../../../src/cli/context.js')>()),
  version: () => '1.2.3',
}));

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test('an error for people is its message and its hint', () => {
  expect(failureText(new InputError('a: wrong', 'Correct it.'))).toBe('a: wrong\n  Correct it.');
});

test('any other error is a fault of the program, with a stack only when asked for', () => {
  const error = new TypeError('x is not a function');
  const text = failureText(error, {});
  expect(text).toMatch(
    /^This is a fault of G2RL Lab: x is not a function\n {2}Report it .*G2RL_DEBUG=1.*1\.2\.3/,
  );
  expect(text).not.toContain('boundary.test');
  expect(failureText(error, { G2RL_DEBUG: '1' })).toContain('boundary.test');
  expect(failureText('a text', {})).toContain('fault of G2RL Lab: a text');
});

test('a command that throws ends with 1', async () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await finish(Promise.reject(new Error('broken')));
  expect(process.exitCode).toBe(1);
  expect(write).toHaveBeenCalledWith(expect.stringContaining('This is a fault of G2RL Lab: broken'));
});

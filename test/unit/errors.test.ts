/** What is said of any thrown value: of one for people what it says, of any other that it is a fault of this program. */
import { expect, test } from 'vitest';
import { errorText, InputError, isFault, reasonOf, reportOf } from '../../src/errors.js';

const report = expect.stringMatching(/^Report it with this text/) as string;

test('an error for people is what it says', () => {
  const error = new InputError('a.json, seed: is missing', 'Add it.');
  expect(reportOf(error, 'otherwise')).toEqual({ message: 'a.json, seed: is missing.', hint: 'Add it.' });
  expect(reportOf(new InputError('a'), 'Look there.')).toEqual({ message: 'a.', hint: 'Look there.' });
  expect(errorText(error)).toBe('a.json, seed: is missing. Add it.');
});

test.each([
  [new TypeError('x is not a function'), 'This is a fault of G2RL Lab: x is not a function.'],
  ['a text', 'This is a fault of G2RL Lab: a text.'],
  [undefined, 'This is a fault of G2RL Lab: undefined.'],
  [new Error('a\n    at b (c.js:1:2)\n    at d'), 'This is a fault of G2RL Lab: a.'],
])('any other is a fault, with what to report and without a stack', (error, message) => {
  expect(isFault(error)).toBe(true);
  expect(reportOf(error, 'Look there.')).toEqual({ message, hint: report });
});

test.each([
  [Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }), /disk is full/],
  [Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' }), /ulimit -n/],
  [new RangeError('Array buffer allocation failed'), /Memory has run out/],
  [new Error('std::bad_alloc'), /Memory has run out/],
])('a machine at its limits is none', (error, hint) => {
  expect(isFault(error)).toBe(false);
  expect(reportOf(error).message).not.toContain('fault');
  expect(reportOf(error).hint).toMatch(hint);
});

test.each([
  ['no answer from https://me:secret@mirror.example/a', 'no answer from https://***@mirror.example/a'],
  ['http://me:p@ss@proxy:3128 and ftp://you@host', 'http://***@proxy:3128 and ftp://***@host'],
  ['https://host/team/a@main?by=b@c', 'https://host/team/a@main?by=b@c'],
])('no password in a URL is said', (said, clean) => {
  expect(reasonOf(new Error(said))).toBe(clean);
  expect(new InputError(said, said)).toMatchObject({ message: clean, hint: clean });
  expect(reportOf(said).message).toBe(`This is a fault of G2RL Lab: ${clean}.`);
});

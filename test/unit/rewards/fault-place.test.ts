import { expect, test } from 'vitest';
import { faultText } from '../../../src/rewards/fault-place.js';
import { weightedSums } from '../../../src/rewards/run-rewards.js';

const of = (words: string, file = '/a/own rewards.mjs') =>
  faultText('ended with code 1', words.split('\n'), [file]);

test('the line at which a program of Node has thrown, and what', () => {
  const words = `file:///a/own%20rewards.mjs:12
  undefined.x;
            ^

TypeError: Cannot read properties of undefined (reading 'x')
    at score (/a/own rewards.mjs:7:3)
    at file:///a/rewards.mjs:12:13

Node.js v24.1.0`;
  expect(of(words)).toBe(
    "/a/own rewards.mjs, line 7: it ended with code 1: TypeError: Cannot read properties of undefined (reading 'x')",
  );
});

test('in a traceback of Python the last call in the file', () => {
  const words = `Traceback (most recent call last):
  File "/a/r.py", line 30, in <module>
    main()
  File "/a/r.py", line 12, in score
    return other(x)
  File "/usr/lib/python3/other.py", line 4, in other
    raise ValueError("no")
ValueError: no`;
  expect(of(words, '/a/r.py')).toBe('/a/r.py, line 12: it ended with code 1: ValueError: no');
});

test('a dump of Python has the newest call first', () => {
  const words = `Fatal Python error: Aborted

Current thread 0x00007f (most recent call first):
  File "/usr/lib/python3/re.py", line 3 in match
  File "/a/r.py", line 7 in helper
  File "/a/r.py", line 12 in f
Extension modules: numpy`;
  expect(of(words, '/a/r.py')).toBe('/a/r.py, line 7: it ended with code 1: Fatal Python error: Aborted');
});

test('a program that says little, or nothing', () => {
  expect(of('out of luck\n')).toBe('/a/own rewards.mjs ended with code 1: out of luck');
  expect(of('')).toBe('/a/own rewards.mjs ended with code 1');
  expect(faultText('cannot be started: there is no program x', [], [])).toBe(
    'it cannot be started: there is no program x',
  );
});

test('sums are over the rewards that have a value', () => {
  const notes = [null, null, null];
  const sums = weightedSums(
    [
      { name: 'a', weight: 2, values: [1, null, null], notes },
      { name: 'b', weight: -1, values: [3, 0.5, null], notes },
    ],
    3,
  );
  expect(sums).toEqual([-1, -0.5, Number.NaN]);
  const huge = { name: 'a', weight: 1e200, values: [1e200], notes: [null] };
  expect(() => weightedSums([huge], 1)).toThrow(
    'the weighted sum of response 0 (from 0) needs Infinity, and the largest number of single precision is 3.4e38',
  );
  const large = (name: string, weight: number) => ({ name, weight, values: [3e38], notes: [null] });
  expect(weightedSums([large('a', 1)], 1)).toEqual([3e38]);
  expect(() => weightedSums([large('a', 1), large('b', 1)], 1)).toThrow('needs 6e+38');
  expect(() => weightedSums([large('a', 2), large('b', -2)], 1)).toThrow('needs 6e+38');
});

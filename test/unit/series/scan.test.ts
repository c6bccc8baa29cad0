import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseObjectWithGaps } from '../../../src/runs/protocol/json.js';
import { SeriesColumns } from '../../../src/series/columns.js';
import { LineScanner } from '../../../src/series/scan.js';

function scan(...lines: string[]) {
  const columns = new SeriesColumns();
  const scanner = new LineScanner(columns);
  return { columns, steps: lines.map((line) => scanner.take(Buffer.from(line))) };
}

/** The value of the only metric of a line, as the scanner reads it. */
const read = (number: string) => scan(`{"step":1,"a":${number}}`).columns.column('a')?.[0];

test('numbers are those of JSON.parse, to the last bit', () => {
  const digits = fc.stringMatching(/^\d{1,22}$/);
  const written = fc
    .tuple(fc.boolean(), digits, fc.option(digits), fc.option(fc.integer({ min: -40, max: 40 })))
    .map(
      ([minus, whole, behind, exponent]) =>
        `${minus ? '-' : ''}${BigInt(whole)}${behind === null ? '' : `.${behind}`}${exponent === null ? '' : `e${exponent}`}`,
    );
  const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
  const shares = fc.double({ noNaN: true, min: -10, max: 10 }).map(String);
  fc.assert(
    fc.property(fc.oneof(written, doubles, shares), (number) => {
      expect(read(number)).toBe(JSON.parse(number));
    }),
    { numRuns: 5000 },
  );
});

test('a number in the middle between two doubles is rounded as JSON.parse rounds it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2 ** 52, max: 2 ** 53 - 1 }),
      fc.integer({ min: 1, max: 6 }),
      (odd, power) => {
        // Between two neighbours above 2^53 stand whole numbers that are no doubles.
        const middle = BigInt(odd) * 2n ** BigInt(power) + 2n ** BigInt(power - 1);
        for (const near of [middle - 1n, middle, middle + 1n]) {
          const text = String(near);
          for (const number of [text, `${text.slice(0, 3)}.${text.slice(3)}`, `0.${text}`]) {
            expect(read(number)).toBe(JSON.parse(number));
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('what is no flat object of numbers is left to others, and leaves nothing behind', () => {
  const lines = [
    '{"step":1,"a":NaN}',
    '{"step":1,"a":01}',
    '{"step":1,"a":1.}',
    '{"step":1,"a":.5}',
    '{"step":1,"a":1e}',
    '{"step":1,"a":+1}',
    '{"step":1,"a":--1}',
    '{"step":1,"a":-null}',
    '{"step":1,"a":1.5.5}',
    '{"step":1,"a":"text"}',
    '{"step":1,"a":[1]}',
    '{"step":1,"a":1,}',
    '{"step":1,"a":1}}',
    '{"step":1 "a":1}',
    '{"step":1,"a\\n":1}',
    '{"step":1.5,"a":1}',
    '{"step":null,"a":1}',
    '{"a":1,"step":1}',
    '{"step":1,"a":1',
    '{}',
    '',
  ];
  const { columns, steps } = scan(...lines);
  expect(steps).toEqual(lines.map(() => null));
  expect(columns.length).toBe(0);
  expect(columns.names).toEqual([]);
});

test('lines of any names and spaces give what JSON.parse gives', () => {
  const name = fc.constantFrom('a', 'b', 'time/rollout', 'g2rl/ν', 'c d', '__proto__');
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constant(null),
  );
  const line = fc
    .tuple(fc.nat(20), fc.array(fc.tuple(name, value), { maxLength: 8 }), fc.boolean())
    .map(([step, fields, spaced]) => {
      const [comma, colon] = spaced ? [', ', ': '] : [',', ':'];
      const all: [string, unknown][] = [['step', step], ...fields];
      return `{${all.map((field) => field.map((part) => JSON.stringify(part)).join(colon)).join(comma)}}`;
    });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const columns = new SeriesColumns();
      const scanner = new LineScanner(columns);
      const byStep = new Map<number, Record<string, unknown>>();
      for (const text of lines) {
        const record = parseObjectWithGaps(text) as Record<string, unknown> & { step: number };
        byStep.set(record.step, record);
        if (scanner.take(Buffer.from(text)) === null) columns.append([record]);
      }
      expect([...(columns.column('step') ?? [])]).toEqual([...byStep.keys()].sort((a, b) => a - b));
      for (const [step, record] of byStep) {
        const numbers = Object.entries(record).filter(([, field]) => typeof field === 'number');
        expect(columns.record(step)).toEqual(Object.fromEntries(numbers));
      }
    }),
  );
});

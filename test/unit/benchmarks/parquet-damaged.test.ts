import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { BenchmarkError } from '../../../src/benchmarks/errors.js';
import { useFiles } from './files.js';

const files = useFiles();

type Encoding = NonNullable<ColumnSource['encoding']>;

const count = 24;
const numbers = Array.from({ length: count }, (_, i) => i);

function whole(encoding: Encoding | undefined): Uint8Array {
  const text = encoding !== undefined && encoding !== 'DELTA_BINARY_PACKED';
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: numbers.map((i) => `p${i}`), type: 'STRING', ...(text && { encoding }) },
        { name: 'problem', data: numbers.map((i) => (i % 2 ? 'Odd?' : 'Even?')), type: 'STRING' },
        {
          name: 'answer',
          data: numbers.map((i) => i % 3),
          type: 'INT32',
          ...(encoding === 'DELTA_BINARY_PACKED' && { encoding }),
        },
        { name: 'choices', data: numbers.map(() => ['a', 'b', 'c']) },
      ].map((column) => column as ColumnSource),
      rowGroupSize: 10,
      codec: 'UNCOMPRESSED',
    }),
  );
}

describe('a damaged parquet file', () => {
  it.each([undefined, 'DELTA_BINARY_PACKED', 'DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY'] as const)(
    'is refused, or has other values, wherever the damage is (%s)',
    async (encoding) => {
      const content = whole(encoding);
      const file = files.write('whole.parquet', content);
      expect((await files.load({ file })).problems).toHaveLength(count);
      for (let at = 4; at < content.length; at++) {
        const damaged = content.with(at, at % 2 === 0 ? 0x7f : 0xff);
        const error: unknown = await files
          .load({ file: files.write('damaged.parquet', damaged) })
          .catch((reason: unknown) => reason);
        // It also ends: a decoder that trusts the damaged count never does.
        if (error instanceof Error) expect(error).toBeInstanceOf(BenchmarkError);
      }
    },
    60_000,
  );

  it('is refused by name when a run has more values than its page', async () => {
    const columnData: ColumnSource[] = [
      { name: 'problem', data: numbers.map((i) => (i < 20 ? 'Same?' : null)), type: 'STRING' },
      { name: 'answer', data: numbers, type: 'INT32' },
    ];
    const content = Buffer.from(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED' }));
    // Definition levels: 20 times 1, then 8 bit-packed zeros.
    const runs = content.indexOf(Buffer.from([20 << 1, 1, 3, 0]));
    expect(runs).toBeGreaterThan(0);
    // 2²⁸ - 1 times the same value.
    content.set([0xfe, 0xff, 0xff, 0x7f], runs);
    files.write('run.parquet', content);
    expect(await files.failure({ file: 'run.parquet' })).toMatch(
      /run\.parquet: cannot be read as parquet \(damaged: a run is longer than its page\)/,
    );
  });
});

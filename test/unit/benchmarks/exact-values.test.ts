import { gzipSync } from 'node:zlib';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it, test } from 'vitest';
import { parseJson } from '../../../src/benchmarks/json-numbers.js';
import { textLines } from '../../../src/benchmarks/text-lines.js';
import { useFiles } from './files.js';

const files = useFiles();

describe('numbers', () => {
  const written = ['12345678901234567890', '-9007199254740993', '3.14159265358979323846', '1e400', '1e-400'];

  it.each(['a.jsonl', 'a.json'])('of %s are kept as they are written', async (name) => {
    const rows = written.map((answer) => `{"problem":"9007199254740993?","answer":${answer}}`);
    files.write(name, name === 'a.json' ? `[${rows.join(',')}]` : rows.join('\n'));
    const { problems } = await files.load({ file: name });
    expect(problems.map(({ answer }) => answer)).toEqual(written);
    expect(problems[0]?.problem).toBe('9007199254740993?');
  });

  it('that a double keeps stay numbers', () => {
    const text =
      '[0.1, 0.30000000000000004, 1e3, 142.0, -0.0, 9007199254740991, "1e400 \\" 12345678901234567890"]';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('of 32 bits are read as people write them', async () => {
    const answers = [0.1, -2.5, 2.71, 16777216, 1e-8];
    const columnData = [
      { name: 'problem', data: answers.map(() => 'How much?'), type: 'STRING' },
      { name: 'answer', data: answers, type: 'FLOAT' },
    ] as ColumnSource[];
    files.write('floats.parquet', Buffer.from(parquetWriteBuffer({ columnData })));
    const { problems } = await files.load({ file: 'floats.parquet' });
    expect(problems.map(({ answer }) => answer)).toEqual(['0.1', '-2.5', '2.71', '16777216', '1e-8']);
  });
});

test('numbers of 16 bits are read as people write them', async () => {
  const answers = [0.1, -2.5, 2.71, 1024, 0.3, 1, 0.0999, 6e-5, 65504, 0];
  const columnData = [
    { name: 'problem', data: answers.map(() => 'How much?'), type: 'STRING' },
    { name: 'answer', data: answers, type: 'FLOAT16' },
  ] as ColumnSource[];
  files.write('halves.parquet', Buffer.from(parquetWriteBuffer({ columnData })));
  const { problems } = await files.load({ file: 'halves.parquet' });
  expect(problems.map(({ answer }) => Number(answer))).toEqual([
    0.1, -2.5, 2.71, 1024, 0.3, 1, 0.0999, 6e-5, 65500, 0,
  ]);
});

test('a line that is too long for a string is refused by its number', async () => {
  async function* pieces() {
    yield Buffer.from('\uFEFFone\r\ntw');
    yield Buffer.from('o\nthree');
    yield Buffer.from(' and more');
  }
  const read = async (longest?: number) => {
    const found: string[] = [];
    for await (const line of textLines(pieces(), 'a.jsonl', longest)) found.push(line);
    return found;
  };
  expect(await read()).toEqual(['one\r', 'two', 'three and more']);
  await expect(read(9)).rejects.toThrow(/^a\.jsonl, line 3: is longer than/);
});

describe('text that is not UTF-8', () => {
  const latin = (text: string) => Buffer.from(text, 'latin1');

  it.each([
    ['a.jsonl', latin('{"problem":"a","answer":"1"}\n{"problem":"caf\xe9","answer":"2"}\n'), 2, 45],
    ['a.jsonl.gz', gzipSync(latin('{"problem":"caf\xe9","answer":"2"}\n')), 1, 16],
    ['a.json', latin('[\n{"problem":"caf\xe9","answer":"2"}]'), 2, 18],
    ['a.csv', latin('problem,answer\na,1\ncaf\xe9,2\n'), 3, 23],
    ['b.csv', latin('problem,answer\na,caf\xe9'), 2, 21],
  ])('is refused by line and byte: %s', async (name, content, line, byte) => {
    files.write(name, content);
    expect(await files.failure({ file: name })).toContain(
      `${name}, line ${line}: byte ${byte} of the file is not UTF-8 text`,
    );
  });

  it('is refused by row in parquet', async () => {
    const columnData = [
      { name: 'problem', data: [latin('cafe'), latin('caf\xe9')], type: 'BYTE_ARRAY' },
      { name: 'answer', data: ['1', '2'], type: 'STRING' },
    ] as ColumnSource[];
    files.write('latin.parquet', Buffer.from(parquetWriteBuffer({ columnData })));
    expect(await files.failure({ file: 'latin.parquet' })).toMatch(
      /latin\.parquet, row 2: "problem" is not UTF-8 text/,
    );
  });

  it('is not mistaken for characters that two pieces of a file share', async () => {
    const problem = 'é½😀'.repeat(50_000);
    files.write('long.json', JSON.stringify([{ problem: `x${problem}`, answer: '1' }]));
    files.write('long.json.gz', gzipSync(JSON.stringify([{ problem, answer: '1' }])));
    files.write('long.csv', `problem,answer\n${problem},1\n`);
    for (const name of ['long.json', 'long.json.gz', 'long.csv']) {
      const { problems } = await files.load({ file: name });
      expect(problems[0]?.problem.replace('x', '')).toBe(problem);
    }
  });
});

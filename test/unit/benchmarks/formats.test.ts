import { execFileSync } from 'node:child_process';
import { createWriteStream, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../../src/benchmarks/rows.js';
import { useFiles } from './files.js';

const files = useFiles();

const expected = [
  { id: 'p1', problem: 'What is 1 + 1?', answer: '2' },
  { id: 'p2', problem: 'Say "a, b"\nand ½.', answer: '\\frac12' },
];

const parquet = (columns: Parameters<typeof parquetWriteBuffer>[0]['columnData'], rowGroupSize = 1000) =>
  Buffer.from(parquetWriteBuffer({ columnData: columns, rowGroupSize }));

const csv = 'id,problem,answer\np1,What is 1 + 1?,2\np2,"Say ""a, b""\nand ½.",\\frac12\n';

describe('the same problems', () => {
  const contents: Record<string, string | Uint8Array> = {
    'a.jsonl': `${expected.map((row) => JSON.stringify(row)).join('\r\n')}\r\n\n`,
    'b.jsonl': `\uFEFF${expected.map((row) => JSON.stringify(row)).join('\n')}`,
    'c.json': JSON.stringify(expected, null, 2),
    'd.json': `\uFEFF${JSON.stringify({ version: 1, rows: expected })}`,
    'e.csv': csv,
    'f.csv': `\uFEFF${csv.replaceAll('\np', '\r\np')}`,
    'g.tsv': 'id\tproblem\tanswer\np1\tWhat is 1 + 1?\t2\np2\t"Say ""a, b""\nand ½."\t\\frac12\n',
    'h.parquet': parquet([
      { name: 'id', data: ['p1', 'p2'], type: 'STRING' },
      { name: 'problem', data: expected.map(({ problem }) => problem), type: 'STRING' },
      { name: 'answer', data: expected.map(({ answer }) => answer), type: 'STRING' },
      { name: 'embedding', data: [[1.5, 2], [3]], type: 'JSON' },
    ]),
    'i.jsonl.gz': gzipSync(expected.map((row) => JSON.stringify(row)).join('\n')),
    'j.CSV.gz': gzipSync(csv),
    'k.json.gz': gzipSync(JSON.stringify(expected)),
  };
  it.each(Object.keys(contents))('come out of %s', async (name) => {
    const path = files.write(name, contents[name]!);
    const benchmark = await files.load({ file: name });
    expect(benchmark.problems).toEqual(expected);
    expect(benchmark).toMatchObject({ name: name[0], answerKind: 'math', warnings: [] });
    expect(benchmark.source).toMatchObject({ kind: 'file', path });
  });

  it('come out of a file with another ending when the format is given', async () => {
    files.write('problems.txt', csv);
    await expect(files.load({ file: 'problems.txt', format: 'csv' })).resolves.toMatchObject({
      problems: expected,
    });
    expect(await files.failure({ file: 'problems.txt' })).toMatch(
      /problems\.txt: its extension is not a known format.*\.jsonl.*"format"/s,
    );
  });
});

describe('JSON Lines', () => {
  it('keeps line separators that JSON allows in texts', async () => {
    files.write('separators.jsonl', '{"problem":"a\u2028b\u2029c","answer":"1"}\n');
    const { problems } = await files.load({ file: 'separators.jsonl' });
    expect(problems[0]?.problem).toBe('a\u2028b\u2029c');
  });

  it('joins characters that two pieces of the file share', async () => {
    // Pieces are 64 KiB: with three bytes a sign, most borders fall inside one.
    const long = '½∑'.repeat(100_000);
    files.write('long.jsonl', `${JSON.stringify({ problem: long, answer: '1' })}\n`.repeat(3));
    const { problems } = await files.load({ file: 'long.jsonl' });
    expect(problems.map(({ problem }) => problem === long)).toEqual([true, true, true]);
  });

  it('costs the length of a line, not the square of it', async () => {
    const problem = 'x'.repeat(100e6);
    files.write('100-mb.jsonl', `${JSON.stringify({ problem, answer: '1' })}\n`);
    const before = process.cpuUsage();
    const rows = readRows(join(files.directory, '100-mb.jsonl'), 'jsonl', null);
    const { value } = await rows.next();
    await rows.return(undefined);
    const { user, system } = process.cpuUsage(before);
    expect(value?.values).toHaveProperty('problem.length', 100e6);
    expect((user + system) / 1e6).toBeLessThan(2);
  });

  it('names the line that is cut off, not an object, or not UTF-8', async () => {
    files.write('cut.jsonl', '{"problem":"a","answer":"1"}\n\n{"problem":"b","ans');
    expect(await files.failure({ file: 'cut.jsonl' })).toMatch(/cut\.jsonl, line 3: not valid JSON/);
    files.write('list.jsonl', '["a","1"]\n');
    expect(await files.failure({ file: 'list.jsonl' })).toMatch(/line 1: not an object\n.*"problem"/);
    files.write('latin.jsonl', Buffer.from('{"problem":"caf\u00e9","answer":"1"}\n', 'latin1'));
    expect(await files.failure({ file: 'latin.jsonl' })).toMatch(
      /latin\.jsonl, line 1: byte 16 .* is not UTF-8/,
    );
  });
});

describe('other files', () => {
  it.each([
    ['broken.json', '{"rows": [', /broken\.json: cannot be read as json/],
    ['two.json', '{"a":[],"b":[]}', /two\.json: contains no list of problems/],
    ['ragged.csv', 'problem,answer\na,1\nb,2,3\n', /ragged\.csv: not valid CSV .*line 3/],
    ['not.parquet', 'PAR1 this is not parquet', /not\.parquet: cannot be read as parquet/],
    ['broken.jsonl.gz', 'not compressed', /broken\.jsonl\.gz: cannot be read as jsonl/],
    ['empty.jsonl', '', /empty\.jsonl: the file is empty/],
    ['blank.jsonl', '\n\n', /blank\.jsonl: contains no problems/],
    ['header.csv', 'problem,answer\n', /header\.csv: contains no problems/],
    ['none.json', '[]', /none\.json: contains no problems/],
  ])('%s is refused with its reason', async (name, content, message) => {
    files.write(name, content);
    expect(await files.failure({ file: name })).toMatch(message);
  });

  it.skipIf(process.platform === 'win32')(
    'that are devices or pipes are refused, not waited for',
    async () => {
      symlinkSync('/dev/zero', join(files.directory, 'zero.jsonl'));
      execFileSync('mkfifo', [join(files.directory, 'pipe.jsonl')]);
      for (const file of ['zero.jsonl', 'pipe.jsonl']) {
        expect(await files.failure({ file })).toMatch(
          /(zero|pipe)\.jsonl: is a device or a pipe.*\n.*into a file/,
        );
      }
    },
  );

  it('that hold more than a JSON document may once they are decompressed are refused', async () => {
    const piece = Buffer.alloc(2 ** 20, ' ');
    const zip = createGzip({ level: 1 });
    await pipeline(
      Array.from({ length: 257 }, () => piece),
      zip,
      createWriteStream(join(files.directory, 'bomb.json.gz')),
    );
    expect(await files.failure({ file: 'bomb.json.gz' })).toMatch(/bomb\.json\.gz: \d+ MB is too large/);
  });

  it('of compressed JSON keep characters that two pieces share', async () => {
    const problem = '½∑'.repeat(100_000);
    files.write('long.json.gz', gzipSync(JSON.stringify([{ problem, answer: '1' }])));
    const { problems } = await files.load({ file: 'long.json.gz' });
    expect(problems[0]?.problem === problem).toBe(true);
  });

  it('that are not there are refused', async () => {
    expect(await files.failure({ file: 'nowhere.jsonl' })).toMatch(/nowhere\.jsonl: there is no such file/);
    expect(await files.failure({ file: '.', format: 'jsonl' })).toMatch(/there is no such file/);
  });
});

describe('parquet', () => {
  it('is read over row groups and slices, with numbers as people write them', async () => {
    const count = 5000;
    const numbers = Array.from({ length: count }, (_, i) => i);
    const content = parquet(
      [
        { name: 'id', data: numbers.map(BigInt), type: 'INT64' },
        { name: 'question', data: numbers.map((i) => `${i}?`), type: 'STRING' },
        { name: 'answer', data: numbers.map((i) => i + (i % 2) / 2), type: 'DOUBLE' },
      ],
      1700,
    );
    files.write('big.parquet', content);
    const { problems } = await files.load({ file: 'big.parquet', fields: { problem: 'question' } });
    expect(problems).toHaveLength(count);
    expect(problems.every((problem, i) => problem.id === `${i}` && problem.problem === `${i}?`)).toBe(true);
    expect(problems.slice(142, 144).map(({ answer }) => answer)).toEqual(['142', '143.5']);
    const few = await files.load({ file: 'big.parquet', fields: { problem: 'question' } }, { limit: 3 });
    expect(few.problems).toEqual(problems.slice(0, 3));
  });

  it('names a column that is missing and those that are there', async () => {
    files.write('other.parquet', parquet([{ name: 'question', data: ['a'], type: 'STRING' }]));
    expect(await files.failure({ file: 'other.parquet' })).toMatch(
      /other\.parquet: has no column "problem" and no column "answer"\n.*are question\./,
    );
  });

  it('is read with lists and compression, as data sets of the hub are written', async () => {
    const options = [
      ['n', 'y'],
      ['n', 'y', 'maybe'],
    ];
    const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
    const content = parquetWriteBuffer({
      columnData: [
        { name: 'question_id', data: [70n, 71n] },
        { name: 'question', data: ['Which?', 'And?'] },
        { name: 'options', data: options },
        { name: 'answer', data: ['B', 'C'] },
        { name: 'cot_content', data: ['', ''] },
      ],
      schema: [
        { name: 'root', num_children: 5 },
        { name: 'question_id', type: 'INT64' },
        { name: 'question', ...text },
        { name: 'options', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', repetition_type: 'OPTIONAL', ...text },
        { name: 'answer', ...text },
        { name: 'cot_content', ...text },
      ],
      codec: 'GZIP',
      compressors: { GZIP: (input) => gzipSync(input) },
    });
    files.write('mmlu.parquet', Buffer.from(content));
    const { problems, answerKind, warnings } = await files.load({ name: 'mmlu-pro', file: 'mmlu.parquet' });
    expect(answerKind).toBe('choice');
    expect(problems.map(({ id, problem }) => [id, problem])).toEqual([
      ['70', 'Which?'],
      ['71', 'And?'],
    ]);
    const right = problems.map(({ choices, answer }) => choices?.['ABC'.indexOf(answer)]);
    expect(right).toEqual(['y', 'maybe']);
    expect(warnings).toEqual([expect.stringContaining('contains 2 problems, MMLU-Pro has 12032')]);
  });

  it('with nested fields is read by paths', async () => {
    const rows = [
      { prompt: [{ content: 'be brief' }, { content: '2+2?' }], reward_model: { ground_truth: '4' } },
    ];
    const columns = [
      { name: 'prompt', data: rows.map(({ prompt }) => prompt), type: 'JSON' as const },
      { name: 'reward_model', data: rows.map((row) => row.reward_model), type: 'JSON' as const },
    ];
    files.write('nested.parquet', parquet(columns));
    const fields = { problem: 'prompt.1.content', answer: 'reward_model.ground_truth' };
    const { problems } = await files.load({ file: 'nested.parquet', fields });
    expect(problems).toEqual([{ id: 'nested-0', problem: '2+2?', answer: '4' }]);
  });
});

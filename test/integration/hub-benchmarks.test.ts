import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { loadBenchmark } from '../../src/benchmarks/load.js';
import { type HubEntry, registry } from '../../src/benchmarks/registry.js';
import { failureOf, useHub } from './hub-fixture.js';
import { COMMIT } from './hub-server.js';

const on = useHub();

describe('benchmarks of the registry', () => {
  const entryOf = (name: string): HubEntry => {
    const entry = registry.find((known) => known.name === name);
    if (entry?.kind === 'hub') return entry;
    throw new Error(`${name} is not on the hub`);
  };

  it('GPQA says how to get access, then loads with choices in a seeded order', async () => {
    const { repository, file } = entryOf('gpqa-diamond');
    const header =
      'Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3,Explanation,High-level domain';
    const rows = Array.from(
      { length: 198 },
      (_, i) => `rec${i},"Which, of ""${i}""?\nSay.",r${i},a${i},b${i},c${i},because,Physics`,
    );
    on.hub.put(repository, file, Buffer.from(`\uFEFF${[header, ...rows].join('\n')}\n`), false);
    on.hub.gated.set(repository, 'hf_good');
    const load = (HF_TOKEN?: string, seed = 0) =>
      loadBenchmark('gpqa-diamond', {
        ...on.options({
          environment: { HF_ENDPOINT: on.hub.endpoint, ...(HF_TOKEN !== undefined && { HF_TOKEN }) },
        }),
        seed,
      });
    const none = await failureOf(load());
    expect(none.message).toContain('the hub answered 401: Access to dataset Idavidrein/gpqa is restricted');
    expect(none.hint).toContain(`open ${on.hub.endpoint}/datasets/Idavidrein/gpqa and accept the conditions`);
    expect(none.hint).toContain('set HF_TOKEN');
    expect(none.hint).toContain('{"name": "gpqa-diamond", "file": "path/to/gpqa_diamond.csv"}');
    const other = await failureOf(load('hf_other'));
    expect(other.message).toContain('403');
    expect(other.hint).toContain('The account of HF_TOKEN has no access yet');

    const gpqa = await load('hf_good');
    if (gpqa.kind !== 'answers') throw new Error('not a data set');
    expect(gpqa).toMatchObject({ title: 'GPQA Diamond', answerKind: 'choice', warnings: [] });
    expect(gpqa.source).toMatchObject({ kind: 'hub', repository, commit: COMMIT });
    for (const [i, problem] of gpqa.problems.entries()) {
      expect(problem.choices?.['ABCD'.indexOf(problem.answer)]).toBe(`r${i}`);
      expect(problem.choices?.toSorted()).toEqual([`a${i}`, `b${i}`, `c${i}`, `r${i}`]);
    }
    expect(gpqa.problems[7]).toMatchObject({
      id: 'rec7',
      problem: 'Which, of "7"?\nSay.',
      solution: 'because',
      category: 'Physics',
    });
    const letters = (problems: readonly { answer: string }[]) =>
      problems.map(({ answer }) => answer).join('');
    for (const letter of 'ABCD') expect(letters(gpqa.problems).split(letter).length).toBeGreaterThan(25);
    const again = await load('hf_good');
    expect(again.problems).toEqual(gpqa.problems);
    const reseeded = await load('hf_good', 1);
    if (reseeded.kind !== 'answers') throw new Error('not a data set');
    expect(letters(reseeded.problems)).not.toBe(letters(gpqa.problems));
  });

  it('MATH (train) is read from parquet, its answers out of the solutions', async () => {
    const { repository, file } = entryOf('math-train');
    const count = 7500;
    const numbers = Array.from({ length: count }, (_, i) => i);
    const content = parquetWriteBuffer({
      columnData: [
        { name: 'problem', data: numbers.map((i) => `What is ${i}/2?`), type: 'STRING' },
        { name: 'level', data: numbers.map(() => 'Level 1'), type: 'STRING' },
        { name: 'solution', data: numbers.map((i) => `Well, \\boxed{\\frac{${i}}{2}}.`), type: 'STRING' },
        { name: 'type', data: numbers.map(() => 'Algebra'), type: 'STRING' },
      ],
      rowGroupSize: 1500,
    });
    on.hub.put(repository, file, Buffer.from(content), true);
    on.hub.faults.push({ kind: 'cut', after: 10_000 });
    const train = await loadBenchmark('math-train', on.options());
    if (train.kind !== 'answers') throw new Error('not a data set');
    expect(train.problems).toHaveLength(count);
    expect(train.problems[4321]).toEqual({
      id: 'math-train-4321',
      problem: 'What is 4321/2?',
      answer: '\\frac{4321}{2}',
      solution: 'Well, \\boxed{\\frac{4321}{2}}.',
      category: 'Algebra',
    });
  });

  it('a mirror that serves another file under the pinned commit is found out', async () => {
    const { repository, file } = entryOf('math500');
    on.hub.put(repository, file, Buffer.from('{"unique_id":"a","problem":"1+1","answer":"3"}\n'), false);
    const { message } = await failureOf(loadBenchmark('math500', on.options()));
    expect(message).toContain(`instead of ${entryOf('math500').sha256}`);
  });
});

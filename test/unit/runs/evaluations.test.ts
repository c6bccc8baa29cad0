import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { evaluationFile } from '../../../src/runs/protocol/paths.js';
import {
  type EvaluatedProblem,
  type EvaluationHeader,
  evaluatedProblemSchema,
} from '../../../src/runs/protocol/schema.js';
import { EvaluationIndex } from '../../../src/runs/read/evaluation-index.js';
import { EvaluationWriter } from '../../../src/runs/write/evaluation-writer.js';
import { scratch } from '../../scratch.js';

const header: EvaluationHeader = {
  schema: 1,
  step: 50,
  benchmark: 'math500',
  samples: 2,
  temperature: 0.8,
  seed: 0,
  max_new_tokens: 64,
  policy: 'a',
  problems: 'b',
};

function problem(id: string, correct = 1): EvaluatedProblem {
  return {
    id,
    n: 2,
    correct,
    answers: 2,
    majority: 0.5,
    problem: `What is ${id}?`,
    gold: '7',
    responses: ['7', 'x"\\'].map((answer, index) => ({
      text: `It is ${answer}.`,
      answer,
      class: index,
      correct: index < correct,
      reason: 'exact',
      tokens: 5,
      finished: true,
    })),
  };
}

const newFile = () => join(scratch('evaluation'), evaluationFile(50, 'my/math 500'));

test('problems are listed by their counts and read one at a time; names are safe', async () => {
  const file = newFile();
  expect(file).toMatch(/evaluations.step-000050-my-math-500\.jsonl$/);
  const writer = await EvaluationWriter.open(file, header);
  // An id that JSON escapes, and a line in another order of fields, as another tool may write it.
  writer.append([problem('quote " and \\'), problem('2', 2)]);
  const { responses, ...rest } = problem('3');
  appendFileSync(file, `${JSON.stringify({ responses, ...rest })}\nnot a line\n`);
  const index = new EvaluationIndex(file);
  await index.read();
  expect(index.header).toEqual(header);
  expect(index.problems().map(({ id, correct }) => [id, correct])).toEqual([
    ['quote " and \\', 1],
    ['2', 2],
    ['3', 1],
  ]);
  expect(index.skippedLines).toBe(1);
  expect(await index.problem('quote " and \\')).toEqual(problem('quote " and \\'));
  expect(evaluatedProblemSchema.parse(await index.problem('3'))).toEqual(problem('3'));
  expect(await index.problem('4')).toBeNull();
});

test('of a line, with spaces as Python writes it or without, only the start is parsed', async () => {
  const file = newFile();
  await EvaluationWriter.open(file, header);
  // What follows the counts is no JSON: reading it would skip the line.
  const counts = '"id": "2 \\"λ", "n": 2, "correct": 1, "answers": 2, "majority": 0.5, ';
  appendFileSync(
    file,
    `{${counts}!}\n{${counts.replaceAll(': ', ':').replaceAll(', ', ',').replace('λ', '')}!}\n`,
  );
  const index = new EvaluationIndex(file);
  await index.read();
  const numbers = { n: 2, correct: 1, answers: 2, majority: 0.5 };
  expect(index.problems()).toEqual([
    { id: '2 "λ', ...numbers },
    { id: '2 "', ...numbers },
  ]);
  expect(index.skippedLines).toBe(0);
});

test('the same evaluation is taken up after its last whole line; another one is kept beside', async () => {
  const file = newFile();
  const writer = await EvaluationWriter.open(file, header);
  writer.append([problem('1'), problem('2')]);
  const whole = readFileSync(file, 'utf8');
  appendFileSync(file, '{"id":"3","n":2,"corr');
  const again = await EvaluationWriter.open(file, header);
  expect([...again.done()]).toEqual(['1', '2']);
  again.append([problem('3')]);
  await again.index.read();
  expect([...again.done()]).toEqual(['1', '2', '3']);

  const other = await EvaluationWriter.open(file, { ...header, seed: 1 });
  expect([...other.done()]).toEqual([]);
  expect(readFileSync(`${file}.previous`, 'utf8').startsWith(whole)).toBe(true);
});

test.each(['', '{"evaluation":{"sche'])(
  'an evaluation that a kill cut off in its header (%j) is begun again, and nothing of it kept',
  async (begun) => {
    const file = newFile();
    mkdirSync(dirname(file));
    writeFileSync(file, begun);
    const writer = await EvaluationWriter.open(file, header);
    writer.append([problem('1')]);
    await writer.index.read();
    expect([...writer.done()]).toEqual(['1']);
    expect(existsSync(`${file}.previous`)).toBe(false);
  },
);

test('a damaged byte costs its problem, not the evaluation', async () => {
  const file = newFile();
  const writer = await EvaluationWriter.open(file, header);
  writer.append([problem('11'), problem('22'), problem('33'), problem('44')]);
  const damages: [string, string][] = [
    ['"id":"11"', '"id":"1\x11"'],
    ['"id":"22"', '"id":"\\2"'],
    ['It is 7."', 'It is 7.\x11'],
  ];
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [index, [right, damaged]] of damages.entries()) {
    lines[index + 1] = lines[index + 1]!.replace(right, damaged);
  }
  // A name in a response: still JSON, but nothing to make scores of.
  lines[4] = lines[4]!.replace('"finished"', '"finishee"');
  writeFileSync(file, lines.join('\n'));
  const again = await EvaluationWriter.open(file, header);
  expect(again.index.skippedLines).toBe(2);
  for (const id of ['11', '22', '33', '44']) expect(await again.kept(id)).toBeNull();
  again.append([problem('11'), problem('44')]);
  await again.index.read();
  expect(await again.kept('11')).toEqual(problem('11'));
  expect(await again.kept('44')).toEqual(problem('44'));
});

test('a file that cannot be written is named', async () => {
  const file = join(newFile(), 'x.jsonl');
  await EvaluationWriter.open(join(file, '..'), header);
  await expect(EvaluationWriter.open(file, header)).rejects.toMatchObject({
    name: 'RunFileError',
    message: `${join(file, '..')} cannot be created (EEXIST).`,
    hint: expect.stringContaining('Move it away') as string,
  });
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { gradeImported, importedRecord, scoreRecord } from '../../../src/benchmarks/results/grade.js';
import { parseHarnessResults, parseHarnessSamples } from '../../../src/benchmarks/results/harness.js';
import { parseResponses } from '../../../src/benchmarks/results/responses.js';

/** Files that lm-evaluation-harness 0.4.13 wrote, without what it says of its machine. */
const written = (name: string) =>
  readFileSync(new URL(`../../fixtures/lm-evaluation-harness/${name}`, import.meta.url), 'utf8');

test('scores of the harness: the preferred share of each task, with its error and count', () => {
  expect(parseHarnessResults(written('results.json'), 'results.json')).toEqual([
    {
      task: 'countdown_local',
      metric: 'exact_match',
      filter: 'all',
      value: 0,
      standardError: 0,
      problems: 6,
    },
    {
      task: 'choice_local',
      metric: 'acc_norm',
      filter: 'none',
      value: 2 / 3,
      standardError: expect.closeTo(1 / 3, 12),
      problems: 3,
    },
  ]);
});

test('samples of the harness: each problem once, with all its responses', () => {
  const problems = parseHarnessSamples(written('samples_countdown_local.jsonl'), 'samples.jsonl');
  expect(problems).toHaveLength(6);
  expect(problems[0]).toMatchObject({ id: '0', statement: '3,1=4:', gold: '3+1' });
  expect(problems.every(({ responses }) => responses.length === 4)).toBe(true);
  // Likelihoods of choices are no responses.
  expect(parseHarnessSamples(written('samples_choice_local.jsonl'), 'samples.jsonl')).toEqual([]);
});

test('responses are judged here; scores follow', () => {
  const lines = [
    '{"id":1,"responses":["\\\\boxed{1/2}","0.5","It is 3."],"problem":"Half?","answer":"\\\\frac12"}',
    '{"id":"b","responses":["4","4","5"]}',
  ].join('\n');
  const imported = parseResponses(lines, 'responses.jsonl');
  const problems = gradeImported(imported, [{ id: 'b', problem: 'Two and two?', answer: '4' }], null);
  expect(
    problems.map(({ id, problem, gold, correct, answers }) => [id, problem, gold, correct, answers]),
  ).toEqual([
    ['1', 'Half?', '\\frac12', 2, 2],
    ['b', 'Two and two?', '4', 2, 2],
  ]);
  const record = importedRecord(problems, { step: 3, benchmark: 'own', source: 'responses.jsonl' });
  expect(record).toMatchObject({
    problems: 2,
    samples: 3,
    k: 3,
    maj_at_k: 1,
    mean_length: null,
    truncated: null,
  });
  expect(record.pass_at_1).toBeCloseTo(2 / 3, 12);
});

test('letters are judged as choices', () => {
  const imported = parseResponses('{"id":"1","responses":["The answer is (B).","C"],"answer":"B"}', 'file');
  expect(gradeImported(imported, [], null)[0]).toMatchObject({ correct: 1, answers: 2 });
});

test('a score without responses is that of one response a problem', () => {
  const [, score] = parseHarnessResults(written('results.json'), 'results.json');
  expect(scoreRecord(score!, { step: 0, benchmark: 'choice', source: 'results.json' })).toMatchObject({
    k: 1,
    pass_at_1: 2 / 3,
    maj_at_k: 2 / 3,
    pass_at_k: 2 / 3,
    temperature: null,
  });
});

test.each([
  ['{', /file, line 1: not valid JSON/],
  ['{"id":"1"}', /file, line 1: responses/],
  ['{"id":"1","responses":[]}', /file, line 1: responses/],
  ['{"id":"1","responses":["a"]}\n{"id":1,"responses":["b"]}', /file, line 2: the id "1" appeared before/],
])('%j is refused', (text, message) => {
  expect(() => parseResponses(text, 'file')).toThrow(message);
});

test('what is missing is named', () => {
  expect(() => gradeImported(parseResponses('{"id":"7","responses":["a"]}', 'file'), [], null)).toThrow(
    /problem "7" has no right answer/,
  );
  expect(() => parseHarnessResults('{"results":[]}', 'r.json')).toThrow(/r\.json: results/);
  expect(() => parseHarnessSamples('{"doc_id":1}', 's.jsonl')).toThrow(/s\.jsonl, line 1: doc/);
});

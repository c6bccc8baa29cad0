/** Evaluations of files of problems, by real engine processes. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type BenchmarkRecord,
  benchmarkSchema,
  type EvaluatedProblem,
  evaluatedProblemSchema,
  type GroupRecord,
  groupSchema,
} from '../../src/runs/protocol/schema.js';
import { scratch } from '../scratch.js';
import { HubServer } from './hub-server.js';
import {
  exitOf,
  makeRun,
  readLines,
  readStatus,
  startTrainer,
  trainerPath,
  until,
  writeBytePolicy,
  writeTinyPolicy,
} from './trainer.js';

/** Problems that a random policy solves now and then: any digit is an answer to one of them. */
function writeProblems(folder: string, count: number): string {
  const file = join(folder, 'digits.jsonl');
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      key: `p${index}`,
      question: `Say $${index % 10}$ – höchstens.`,
      right: String(index % 10),
    }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

interface Outcome {
  code: number | string;
  result: BenchmarkRecord & { error?: string; hint?: string };
}

function evaluate(
  request: object,
  onStart?: (kill: () => void) => void,
  environment: Record<string, string> = {},
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<Outcome> {
  const child = spawn(process.execPath, [trainerPath, 'evaluate', JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...environment },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += String(chunk);
  });
  onStart?.(() => child.kill(signal));
  return new Promise((finish) => {
    child.once('close', (code, died) => {
      const line = output.trim().split('\n').at(-1) ?? '';
      finish({ code: code ?? died ?? '', result: line === '' ? {} : JSON.parse(line) } as Outcome);
    });
  });
}

const linesOf = (file: string) =>
  readLines<EvaluatedProblem>(file)
    .slice(1)
    .map((line) => evaluatedProblemSchema.parse(line));

test('a killed evaluation is taken up where it was, and ends as if it had not been cut', async () => {
  const folder = scratch();
  const policy = writeBytePolicy(join(folder, 'policy'));
  const file = writeProblems(folder, 160);
  const benchmark = {
    file,
    id: 'key',
    problem: 'question',
    answer: 'right',
    samples: 32,
    maxNewTokens: 6,
    seed: 5,
  };
  const request = (samplesFolder: string) => ({ folder: policy, threads: 1, samplesFolder, benchmark });
  const whole = await evaluate(request(join(folder, 'whole')));
  expect(whole.code).toBe(0);
  const record = benchmarkSchema.parse(whole.result);
  expect(record).toMatchObject({ benchmark: 'digits', problems: 160, samples: 32, k: 16, temperature: 0.8 });
  expect(record.pass_at).toHaveProperty('32');
  const problems = linesOf(String(record.samples_file));
  expect(problems).toHaveLength(160);
  const shares = problems.map(({ correct, n }) => correct / n);
  expect(record.pass_at_1).toBeCloseTo(shares.reduce((sum, share) => sum + share) / 160, 12);
  expect(problems[3]).toMatchObject({ id: 'p3', problem: 'Say $3$ – höchstens.', gold: '3' });
  expect(problems[3]!.responses.every(({ tokens }) => Number(tokens) <= 6)).toBe(true);
  for (const { pairs, similarity = [], similarity_mean } of problems.slice(0, 5)) {
    expect([pairs, similarity.length]).toEqual([(32 * 31) / 2, (32 * 31) / 2]);
    const mean = similarity.reduce((sum, value) => sum + value) / similarity.length;
    expect(mean).toBeCloseTo(Number(similarity_mean), 3);
  }
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  for (const { similarity_histogram: counts = [], negative_pair_ratio: negative, logdet } of problems) {
    expect(sum(counts!.slice(0, 10))).toBe(Math.round(Number(negative) * sum(counts!)));
    // Between one direction and 32.
    expect(logdet).toBeGreaterThan(Math.log(33));
    expect(logdet).toBeLessThan(32 * Math.LN2);
  }
  expect(sum(record.similarity_histogram!)).toBe((160 * 32 * 31) / 2);
  expect(record.logdet_mean).toBeCloseTo(sum(problems.map(({ logdet }) => Number(logdet))) / 160, 9);

  const kept = join(folder, 'cut', 'policy', 'evaluations', 'step-000000-digits.jsonl');
  const cut = await evaluate(request(join(folder, 'cut')), (kill) => {
    void until(() => existsSync(kept) && readFileSync(kept, 'utf8').split('\n').length > 8).then(kill);
  });
  expect(cut.code).toBe('SIGKILL');
  const before = linesOf(kept).length;
  expect(before).toBeLessThan(160);
  const resumed = await evaluate(request(join(folder, 'cut')));
  expect(resumed.code).toBe(0);
  const timeless = ({ seconds: _, time: __, samples_file: ___, ...rest }: BenchmarkRecord) => rest;
  expect(timeless(resumed.result)).toEqual(timeless(record));
  expect(linesOf(kept)).toEqual(problems);
});

test('what a policy samples does not depend on how many problems are asked', async () => {
  const folder = scratch();
  const policy = writeBytePolicy(join(folder, 'policy'));
  const file = writeProblems(folder, 30);
  const rows = { file, id: 'key', problem: 'question', answer: 'right', samples: 3, maxNewTokens: 5 };
  const responses = async (limit: number) => {
    const benchmark = { ...rows, limit };
    const samplesFolder = join(folder, String(limit));
    const { result } = await evaluate({ folder: policy, threads: 1, samplesFolder, benchmark });
    return linesOf(String(result.samples_file)).map((problem) => problem.responses.map(({ text }) => text));
  };
  expect((await responses(30)).slice(0, 7)).toEqual(await responses(7));
});

test.each([
  ['a field that is not there', { answer: 'wrong' }, /digits\.jsonl.*"?wrong/],
  [
    'a benchmark that is not known',
    { file: undefined, name: 'maths500' },
    /there is no benchmark "maths500"/,
  ],
  ['a file that is not there', { file: '/nowhere/problems.jsonl' }, /\/nowhere\/problems\.jsonl/],
  ['a number that is none', { samples: 'many' }, /benchmark\.samples/],
])('%s is told with its remedy', async (_, change, message) => {
  const folder = scratch();
  const policy = writeBytePolicy(join(folder, 'policy'));
  const benchmark = {
    file: writeProblems(folder, 3),
    id: 'key',
    problem: 'question',
    answer: 'right',
    ...change,
  };
  const { code, result } = await evaluate({ folder: policy, samplesFolder: folder, benchmark });
  expect(code).toBe(1);
  expect(result.error).toMatch(message);
  expect(result.hint).not.toBe('');
});

test('a tokenizer that cannot write a problem is refused with the character and the problem', async () => {
  const folder = scratch();
  const policy = writeTinyPolicy(join(folder, 'policy'));
  const benchmark = { file: writeProblems(folder, 3), id: 'key', problem: 'question', answer: 'right' };
  const { code, result } = await evaluate({ folder: policy, samplesFolder: folder, benchmark });
  expect(code).toBe(1);
  expect(result.error).toMatch(/cannot write ".+" of problem p0/);
});

test('a problem to train on that the tokenizer cannot write is refused with its row, before any step', async () => {
  const file = writeProblems(scratch(), 3);
  const rows = { file, id: 'key', problem: 'question', answer: 'right' };
  const directory = makeRun({
    task: { name: 'problems', ...rows },
    rollout: { promptsPerStep: 1, groupSize: 4, maxNewTokens: 6 },
    optimization: { steps: 1 },
    evaluation: { every: 0, benchmarks: [] },
  });
  expect(await exitOf(startTrainer(directory))).toBe(1);
  expect(readStatus(directory)?.error?.message).toMatch(
    /digits\.jsonl, line 1: .*cannot write ".+" of problem p0/,
  );
  expect(existsSync(join(directory, 'metrics.jsonl'))).toBe(false);
});

test('a run trains on problems of a file and scores another', async () => {
  const folder = scratch();
  const file = writeProblems(folder, 10);
  const rows = { file, id: 'key', problem: 'question', answer: 'right' };
  const directory = makeRun(
    {
      task: { name: 'problems', ...rows },
      rollout: { promptsPerStep: 4, groupSize: 8, maxNewTokens: 6 },
      optimization: { steps: 3 },
      evaluation: {
        every: 0,
        benchmarks: [{ ...rows, name: 'held-out', samples: 4 }],
      },
    },
    1,
    writeBytePolicy,
  );
  expect(await exitOf(startTrainer(directory))).toBe(0);
  expect(readStatus(directory)).toMatchObject({ state: 'finished', step: 3 });
  const groups = readLines<GroupRecord>(join(directory, 'groups.jsonl')).map((line) =>
    groupSchema.parse(line),
  );
  expect(groups).toHaveLength(12);
  expect(new Set(groups.slice(0, 6).map(({ prompt_id }) => prompt_id)).size).toBe(6);
  expect(groups[0]!.prompt).toContain('put your final answer within');
  const records = readLines<BenchmarkRecord>(join(directory, 'benchmarks.jsonl'));
  expect(records.map(({ step, benchmark, problems }) => [step, benchmark, problems])).toEqual([
    [0, 'held-out', 10],
    [3, 'held-out', 10],
  ]);
  expect(linesOf(join(directory, String(records[1]!.samples_file)))).toHaveLength(10);
});

/** GPQA's file as the hub has it, with one problem. */
const gpqa = (answer: string) =>
  Buffer.from(
    `Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3,Explanation,High-level domain\nrec1,Which?,${answer},B,C,D,Because,Physics\n`,
  );

test('a benchmark is downloaded, evaluated as multiple choice, and taken from the cache the next time', async () => {
  const folder = scratch();
  const hub = await HubServer.start();
  try {
    hub.put('Idavidrein/gpqa', 'gpqa_diamond.csv', gpqa('A'), true);
    const request = {
      folder: writeBytePolicy(join(folder, 'policy')),
      samplesFolder: folder,
      benchmark: { name: 'gpqa-diamond', samples: 2, maxNewTokens: 4 },
    };
    const environment = { HF_ENDPOINT: hub.endpoint, G2RL_CACHE: join(folder, 'cache') };
    const { result } = await evaluate(request, undefined, environment);
    expect(result).toMatchObject({ benchmark: 'gpqa-diamond', problems: 1, samples: 2 });
    const [problem] = linesOf(String(result.samples_file));
    expect(problem!.choices!.toSorted()).toEqual(['A', 'B', 'C', 'D']);
    expect(problem!.choices![problem!.gold.charCodeAt(0) - 65]).toBe('A');
    const requests = hub.seen.length;
    expect((await evaluate(request, undefined, environment)).code).toBe(0);
    expect(hub.seen.length).toBe(requests);
  } finally {
    await hub.stop();
  }
});

test('a download that hangs can be given up', async () => {
  const folder = scratch();
  const hub = await HubServer.start();
  try {
    hub.put('Idavidrein/gpqa', 'gpqa_diamond.csv', gpqa('A'.repeat(100_000)), true);
    hub.faults.push({ kind: 'stall', after: 1000 });
    const request = {
      folder: writeBytePolicy(join(folder, 'policy')),
      samplesFolder: folder,
      benchmark: { name: 'gpqa-diamond', samples: 2, maxNewTokens: 4 },
    };
    const environment = { HF_ENDPOINT: hub.endpoint, G2RL_CACHE: join(folder, 'cache') };
    const { code } = await evaluate(
      request,
      (kill) => void until(() => hub.seen.some(({ server }) => server === 'store')).then(kill),
      environment,
      'SIGINT',
    );
    expect(code).toBe(130);
  } finally {
    await hub.stop();
  }
});

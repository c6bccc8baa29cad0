/** Rewards of one's own under the embedded engine: real runs with real functions and programs, good ones and broken ones. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { engineChecks } from '../../src/engines/checks/engine-checks.js';
import { parseExperiment } from '../../src/experiment/load.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import {
  type GroupRecord,
  groupSchema,
  metricsSchema,
  rolloutSchema,
} from '../../src/runs/protocol/schema.js';
import { scratch } from '../scratch.js';
import { exitOf, makeRun, readLines, readStatus, trainerPath, until } from './trainer.js';

const python = process.env.G2RL_PYTHON ?? 'python3';

interface Files {
  [name: string]: string;
}

/** A run of three steps, and the folder of its rewards. @param rewards with names of files in that folder */
function rewardRun(files: Files, rewards: (folder: string) => object[], change: object = {}): string {
  const folder = scratch('rewards');
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return makeRun({
    rollout: { promptsPerStep: 2, groupSize: 4, maxNewTokens: 8 },
    optimization: { steps: 3, learningRate: 1e-3 },
    evaluation: { every: 0, benchmarks: [] },
    checkpoints: { every: 1 },
    rewards: rewards(folder),
    ...change,
  });
}

function start(directory: string, withPython = true): ChildProcess {
  const torch = { python, packageFolder: resolve(import.meta.dirname, '../../src/torch') };
  const request = JSON.stringify({ directory, ...(withPython && { torch }) });
  const log = join(directory, 'log.txt');
  return spawn(
    'sh',
    ['-c', `exec "$0" "$1" run "$2" >> "$3" 2>&1`, process.execPath, trainerPath, request, log],
    {
      stdio: 'ignore',
    },
  );
}

const logOf = (directory: string) => readFileSync(join(directory, 'log.txt'), 'utf8');
const groupsOf = (directory: string) =>
  readLines(join(directory, 'groups.jsonl')).map((line) => groupSchema.parse(line));

/** What a run that fails says of it. */
async function failure(directory: string, withPython = true): Promise<string> {
  expect(await exitOf(start(directory, withPython))).toBe(1);
  const status = readStatus(directory);
  expect(status?.state).toBe('failed');
  return `${status?.error?.message} ${status?.error?.hint}`;
}

const program = (body: string) => `
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { id, prompt, completion, tokens, finished, row } = JSON.parse(line);
  ${body}
}`;

const good: Files = {
  'short.mjs': program(
    "console.log(JSON.stringify({ reward: -tokens, note: prompt + row.target + ' ' + finished }));",
  ),
  'rewards.py':
    'def even(completions, target, **columns):\n    print("called", len(completions))\n    return [None if t % 2 else (1.0, "even") for t in target]\n\nasync def other(completions, **columns):\n    return [0.5] * len(completions)\n',
};

test('a run with the judge, a program and two functions: sums, values, notes, metrics', async () => {
  const directory = rewardRun(good, (folder) => [
    { name: 'correct' },
    { name: 'short', command: [process.execPath, join(folder, 'short.mjs')], weight: 0.25 },
    { name: 'even', python: `${join(folder, 'rewards.py')}:even`, weight: 2 },
    { name: 'other', python: `${join(folder, 'rewards.py')}:other`, weight: 0 },
  ]);
  expect(await exitOf(start(directory))).toBe(0);
  const groups = groupsOf(directory);
  expect(groups).toHaveLength(6);
  for (const { components, rewards, lengths, left_out: leftOut } of groups) {
    expect(Object.keys(components!)).toEqual(['correct', 'short', 'even', 'other']);
    expect(components!.short).toEqual(lengths.map((length) => -length));
    expect(components!.other).toEqual([0.5, 0.5, 0.5, 0.5]);
    expect(leftOut).toBeUndefined();
    for (const [i, reward] of rewards.entries()) {
      const { correct, short, even } = components!;
      expect(reward).toBeCloseTo(correct![i]! + 0.25 * short![i]! + 2 * (even![i] ?? 0), 4);
    }
  }
  const metrics = readLines(join(directory, 'metrics.jsonl')).map((line) => metricsSchema.parse(line));
  expect(metrics).toHaveLength(3);
  for (const step of metrics as unknown as Record<string, number>[]) {
    const own = groups.filter((group) => group.step === step.step);
    const values = own.flatMap(({ components }) => components!.short as number[]);
    expect(step['rewards/short/mean']).toBeCloseTo(
      values.reduce((sum, one) => sum + one, 0) / values.length,
      5,
    );
    expect(step['rewards/other/std']).toBe(0);
    expect(step['rewards/other/null']).toBeUndefined();
    const even = own.flatMap(({ components }) => components!.even!);
    const without = even.filter((value) => value === null).length / even.length;
    expect(step['rewards/even/null'] ?? 0).toBeCloseTo(without, 6);
    const all = own.flatMap(({ rewards }) => rewards);
    expect(step.reward).toBeCloseTo(all.reduce((sum, one) => sum + one, 0) / all.length, 4);
    expect(step['time/rewards']).toBeGreaterThan(0);
  }
  const [first] = readLines(join(directory, 'rollouts', 'step-000001.jsonl')).map((line) =>
    rolloutSchema.parse(line),
  );
  const [group] = groups;
  for (const [i, { rewards, notes, reward }] of first!.responses.entries()) {
    expect(rewards!.short).toBe(group!.components!.short![i]);
    expect(notes!.short).toMatch(/^\d+(,\d+)+=\d+:\d+ (true|false)$/);
    expect(notes!.even).toBe(rewards!.even === null ? undefined : 'even');
    expect(reward).toBe(group!.rewards[i]);
  }
  expect(logOf(directory)).toMatch(/reward even: called 8/);
});

test('the example of the documentation, as it stands there', async () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/rewards.md'), 'utf8');
  const block = (kind: string) => new RegExp(`\`\`\`${kind}\\n([^]*?)\`\`\``).exec(text)![1]!;
  const folder = scratch('rewards-documented');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'rewards.py'), block('python'));
  writeFileSync(join(folder, 'signs.mjs'), block('js'));
  const { experiment } = parseExperiment(`{${block('jsonc')}}`, join(folder, 'a.g2rl.json'), {
    mediaDirectory: resolve(import.meta.dirname, '../../media'),
    engineChecks,
  });
  const directory = rewardRun({}, () => experiment.rewards!);
  expect(await exitOf(start(directory))).toBe(0);
  for (const { components } of groupsOf(directory)) {
    expect(Object.keys(components!)).toEqual(['correct', 'brief', 'signs']);
  }
  const [first] = readLines(join(directory, 'rollouts', 'step-000001.jsonl')).map((line) =>
    rolloutSchema.parse(line),
  );
  expect(first!.responses[0]!.notes!.brief).toMatch(/^\d+ characters$/);
});

test('without a list of rewards nothing of them is written', async () => {
  const directory = rewardRun({}, () => [], { rewards: undefined });
  expect(await exitOf(start(directory))).toBe(0);
  for (const group of groupsOf(directory)) expect(group).not.toHaveProperty('components');
  const [step] = readLines<StepMetrics>(join(directory, 'metrics.jsonl'));
  expect(Object.keys(step!).filter((name) => /^rewards\//.test(name))).toEqual(['rewards/accuracy']);
});

test('rewards that are the judge alone train as without a list, to the last bit', async () => {
  const weights = async (change: object) => {
    const directory = rewardRun({}, () => [{ name: 'correct' }], change);
    expect(await exitOf(start(directory))).toBe(0);
    return readFileSync(join(directory, 'checkpoints/step-000003/model.safetensors'));
  };
  expect(await weights({})).toEqual(await weights({ rewards: undefined }));
});

test('responses without any reward are left out; a resumed run goes on as one that was not stopped', async () => {
  const files = {
    'odd.mjs': program('console.log(JSON.stringify({ reward: tokens % 2 ? tokens : null, id }));'),
  };
  const rewards = (folder: string) => [{ name: 'odd', command: [process.execPath, join(folder, 'odd.mjs')] }];
  const directory = rewardRun(files, rewards);
  expect(await exitOf(start(directory))).toBe(0);
  const groups = groupsOf(directory);
  expect(groups.some(({ left_out: leftOut }) => leftOut)).toBe(true);
  for (const group of groups) {
    const without = group.components!.odd!.flatMap((value, i) => (value === null ? [i] : []));
    expect(group.left_out ?? []).toEqual(without);
    for (const i of without) {
      expect([group.rewards[i], group.shaped[i], group.scalers[i], group.advantages[i]]).toEqual([
        0, 0, 1, 0,
      ]);
    }
  }
  const values = (all: GroupRecord[]) => all.map(({ step, group, rewards: sums }) => [step, group, sums]);

  // The same, broken in its second step and cured.
  const dying = program(
    "if (id >= 8) { console.error('Error: no more'); process.exit(3); }\n  console.log(JSON.stringify({ reward: tokens % 2 ? tokens : null, id }));",
  );
  const other = rewardRun({ 'odd.mjs': files['odd.mjs'] }, rewards);
  const manifest = JSON.parse(readFileSync(join(other, 'run.json'), 'utf8'));
  const file = manifest.experiment.rewards[0].command[1] as string;
  writeFileSync(file, dying);
  expect(await failure(other)).toMatch(
    /^Reward "odd": .*odd\.mjs ended with code 3: Error: no more\. Fix it/,
  );
  expect(readStatus(other)?.checkpointStep).toBe(1);
  writeFileSync(file, files['odd.mjs']);
  expect(await exitOf(start(other))).toBe(0);
  expect(values(groupsOf(other))).toEqual(values(groups));
});

const broken: [what: string, files: Files, reward: object, message: RegExp][] = [
  [
    'a program that dies with a trace',
    { 'a.mjs': program('if (id === 5) undefined.x;\n  console.log(\'{"reward":1}\');') },
    { command: [process.execPath, 'a.mjs'] },
    /^Reward "mine": .*a\.mjs, line 5: it ended with code 1: TypeError: Cannot read properties of undefined/,
  ],
  [
    'a program that hangs',
    { 'a.mjs': program('if (id < 3) console.log(\'{"reward":1}\');') },
    { command: [process.execPath, 'a.mjs'], seconds: 0.5 },
    /^Reward "mine": .*a\.mjs gave 3 of 8 answers and then nothing for 0\.5 s\./,
  ],
  [
    'a program that answers strings',
    { 'a.mjs': program('console.log(\'{"reward":"1"}\');') },
    { command: [process.execPath, 'a.mjs'] },
    /answered \{"reward":"1"\} \(answer 1 of the step\): a reward is a finite number, or null/,
  ],
  [
    'a program that answers NaN',
    { 'a.mjs': program('console.log(\'{"reward":NaN}\');') },
    { command: [process.execPath, 'a.mjs'] },
    /answered \{"reward":NaN\} \(answer 1 of the step\): a reward is a finite number, or null/,
  ],
  [
    'a program that answers infinity',
    { 'a.mjs': program('console.log(\'{"reward":1e999}\');') },
    { command: [process.execPath, 'a.mjs'] },
    /a reward is a finite number/,
  ],
  [
    'a program that answers what is infinite in single precision',
    { 'a.mjs': program('console.log(\'{"reward":1e39}\');') },
    { command: [process.execPath, 'a.mjs'] },
    /answered \{"reward":1e39\} \(answer 1 of the step\): a reward is a finite number, at most 3\.4e38 in size, or null/,
  ],
  [
    'a program that answers too much',
    { 'a.mjs': program('console.log(\'{"reward":1}\\n{"reward":1}\');') },
    { command: [process.execPath, 'a.mjs'] },
    /a\.mjs wrote \{"reward":1\} without being asked: an answer too many/,
  ],
  [
    'a program that answers one response twice',
    { 'a.mjs': program('console.log(\'{"reward":1,"id":0}\');') },
    { command: [process.execPath, 'a.mjs'] },
    /answered with the id 0, which is of no response that has no answer yet/,
  ],
  [
    'a program whose ids are texts',
    { 'a.mjs': program('console.log(JSON.stringify({ reward: 1, id: String(id) }));') },
    { command: [process.execPath, 'a.mjs'] },
    /answered \{"reward":1,"id":"0"\} \(answer 1 of the step\): an id is the number that the response came with/,
  ],
  ['a program that is missing', {}, { command: ['no-such-program'] }, /there is no program no-such-program/],
  [
    'a program that ends well, but too early',
    { 'a.mjs': program('console.log(\'{"reward":1}\');\n  process.exit(0);') },
    { command: [process.execPath, 'a.mjs'] },
    /a\.mjs ended with code 0/,
  ],
  [
    'a function that raises',
    { 'r.py': 'def f(completions, **columns):\n    return [1 / 0 for _ in completions]\n' },
    { python: 'r.py:f' },
    /^Reward "mine": .*r\.py, line 2: ZeroDivisionError: .* Fix it, then resume the run/,
  ],
  [
    'a function that returns too few',
    { 'r.py': 'def f(completions, **columns):\n    return [1.0]\n' },
    { python: 'r.py:f' },
    /r\.py, line 1: f returned 1 rewards for 8 responses\./,
  ],
  [
    'a function that returns strings',
    { 'r.py': 'def f(completions, **columns):\n    return ["1"] * len(completions)\n' },
    { python: 'r.py:f' },
    /f returned '1' for response 0/,
  ],
  [
    'a function that returns NaN',
    { 'r.py': 'def f(completions, **columns):\n    return [float("nan")] * len(completions)\n' },
    { python: 'r.py:f' },
    /f returned nan for response 0/,
  ],
  [
    'a function that hangs',
    { 'r.py': 'import time\ndef f(completions, **columns):\n    time.sleep(600)\n' },
    { python: 'r.py:f', seconds: 0.1 },
    /r\.py(, line 3: f has not returned within 0\.8 s| has not answered within 0\.8 s)/,
  ],
  [
    'a function that ends its process',
    { 'r.py': 'import os\ndef f(completions, **columns):\n    os._exit(7)\n' },
    { python: 'r.py:f' },
    /r\.py ended with code 7/,
  ],
  [
    'a module that is not there',
    { 'r.py': 'import nowhere\n' },
    { python: 'r.py:f' },
    /r\.py, line 1: ModuleNotFoundError: No module named 'nowhere'/,
  ],
  [
    'a function that is not there',
    { 'r.py': 'def g(completions): ...\n' },
    { python: 'r.py:f' },
    /r\.py: has no function f\. It has g/,
  ],
  ['a file that is not there', {}, { python: 'r.py:f' }, /r\.py: there is no such file/],
];

test.concurrent.each(broken)('%s: the run fails and says why', async (_what, files, reward, message) => {
  const directory = rewardRun(files, (folder) => {
    const { command, python: named } = reward as { command?: string[]; python?: string };
    const inFolder = (text: string) => (text in files ? join(folder, text) : text);
    return [
      { name: 'correct' },
      {
        name: 'mine',
        ...reward,
        ...(command && { command: command.map(inFolder) }),
        ...(named !== undefined && { python: join(folder, named) }),
      },
    ];
  });
  expect(await failure(directory)).toMatch(message);
});

test('a function in Python where there is no Python', async () => {
  const directory = rewardRun(good, (folder) => [
    { name: 'mine', python: `${join(folder, 'rewards.py')}:other` },
  ]);
  expect(await failure(directory, false)).toMatch(/^Reward "mine": .* no Python was found\. Install Python/);
});

test.each([
  ['0', 'each reward is 0'],
  ['null', 'no response has a reward'],
])('where every reward is %s the run says once that shaping cannot act', async (reward, why) => {
  const directory = rewardRun({ 'a.mjs': program(`console.log('{"reward":${reward}}');`) }, (folder) => [
    { name: 'zero', command: [process.execPath, join(folder, 'a.mjs')] },
  ]);
  expect(await exitOf(start(directory))).toBe(0);
  expect(logOf(directory)).toContain(`warning: step 1: shaping cannot act, for ${why}`);
  expect(logOf(directory).match(/shaping cannot act/g)).toHaveLength(1);
});

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

test('nothing outlives a trainer that is killed, nor what it has started', async () => {
  const ignoring = `
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
const child = spawn('sleep', ['600']);
appendFileSync(new URL('./pids', import.meta.url), process.pid + ' ' + child.pid + ' ');
setInterval(() => {}, 1000);
`;
  const held =
    'import os, subprocess, time\ndef f(completions, **columns):\n    child = subprocess.Popen(["sleep", "600"])\n    with open(os.path.join(os.path.dirname(__file__), "pids"), "a") as file:\n        file.write(f"{os.getpid()} {child.pid} ")\n    time.sleep(600)\n';
  let folder = '';
  const directory = rewardRun({ 'a.mjs': ignoring, 'r.py': held }, (place) => {
    folder = place;
    return [
      { name: 'program', command: [process.execPath, join(place, 'a.mjs')], seconds: 600 },
      { name: 'function', python: `${join(place, 'r.py')}:f`, seconds: 600 },
    ];
  });
  const trainer = start(directory);
  const pids = () => {
    try {
      return readFileSync(join(folder, 'pids'), 'utf8').trim().split(' ').map(Number);
    } catch {
      return [];
    }
  };
  await until(() => pids().length === 4);
  expect(pids().every(isAlive)).toBe(true);
  trainer.kill('SIGKILL');
  await exitOf(trainer);
  await until(() => !pids().some(isAlive));
});

test('large responses, many of them, and a program that logs much: nothing blocks', async () => {
  const { RunRewards } = await import('../../src/rewards/run-rewards.js');
  const folder = scratch('rewards-large');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'a.mjs'),
    `console.error(process.pid);\n${program(
      "console.error('x'.repeat(100000));\n  console.log(JSON.stringify({ reward: completion.length, note: completion }));",
    )}`,
  );
  const lines: string[] = [];
  const rewards = await RunRewards.start(
    ['a', 'b'].map((name) => ({
      name,
      weight: 1,
      seconds: 60,
      command: [process.execPath, join(folder, 'a.mjs')],
    })),
    {
      folder,
      guard: resolve(trainerPath, '../reward-guard.cjs'),
      python: undefined,
      log: (line) => lines.push(line),
    },
  );
  try {
    const completion = 'é\u2028"'.repeat(200_000);
    const input = { prompt: 'p', completion, tokens: 1, finished: true, row: {} };
    const [a, b] = await rewards.score(new Array(12).fill(input), new Array(12).fill(1));
    expect(a!.values).toEqual(new Array(12).fill(600_000));
    expect(b!.values).toEqual(a!.values);
    expect(a!.notes[0]).toHaveLength(2001);
    await until(() => lines.length === 26);
    expect(lines.at(-1)!.length).toBeLessThan(2100);
  } finally {
    await rewards.close();
  }
  // Of each its number, at its start.
  expect(lines.slice(0, 2).map(Number).filter(isAlive)).toEqual([]);
});

/** Rewards of one's own under the torch engine, from an experiment file with names of files beside it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startTrainer } from '../../src/runs/control/launch.js';
import { readStatus } from '../../src/runs/protocol/json.js';
import { groupSchema, metricsSchema, rolloutSchema } from '../../src/runs/protocol/schema.js';
import { scratch } from '../scratch.js';
import { requirePython, torchPlace } from './python.js';
import {
  metricsOf,
  nobodyWorksOn,
  processesOf,
  short,
  stateOf,
  until,
  writeExperiment,
} from './torch-runs.js';
import { readLines, trainerPath, writeTinyPolicy } from './trainer.js';

const cli = resolve('dist/cli.cjs');
let root: string;

const functions = `
def even(completions, target, **columns):
    bonus = float(open("bonus.txt").read())
    return [None if one % 2 else (bonus, "even") for one in target]
`;
const program = `
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { prompt, tokens, row } = JSON.parse(line);
  console.log(JSON.stringify({ reward: -tokens, note: prompt + row.target }));
}`;
const rewards = [
  { name: 'correct' },
  { name: 'even', python: 'rewards.py:even', weight: 0.5 },
  { name: 'short', command: ['node', 'short.mjs'], weight: 0.25 },
];

beforeAll(() => {
  root = scratch('torch-rewards');
  mkdirSync(root, { recursive: true });
  writeTinyPolicy(join(root, 'policy'), 20);
  writeFileSync(join(root, 'short.mjs'), program);
  writeFileSync(join(root, 'bonus.txt'), '1.5');
});

test('a run with the judge, a function and a program, which fails, is fixed and goes on', async (context) => {
  const python = requirePython(context);
  writeFileSync(
    join(root, 'rewards.py'),
    `steps = 0\n${functions}    steps\n`.replace(
      '    return',
      '    global steps\n    steps += 1\n    if steps == 2:\n        raise ValueError("odd")\n    return',
    ),
  );
  const file = writeExperiment(root, 'rewarded', { ...short, rewards });
  const started = spawnSync(process.execPath, [cli, 'train', file, '--python', python, '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(started.status, started.stderr).toBe(1);
  const { directory, state, step, error } = JSON.parse(started.stdout);
  expect({ state, step }).toEqual({ state: 'failed', step: 1 });
  expect(error.message).toBe(`Reward "even": ${join(root, 'rewards.py')}, line 8: ValueError: odd.`);
  expect(error.hint).toBe('Fix it, then resume the run: it continues after its newest checkpoint.');
  expect(readFileSync(join(directory, 'log.txt'), 'utf8')).toContain('reward even: Traceback (most recent');

  writeFileSync(join(root, 'rewards.py'), functions);
  await until('nobody to work on it', () => nobodyWorksOn(directory), 20);
  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('the end', async () => (await stateOf(directory)) === 'finished');
  expect(metricsOf(directory).map((line) => line.step)).toEqual([1, 2, 3]);
  for (const line of readLines(join(directory, 'metrics.jsonl'))) metricsSchema.parse(line);
  const groups = readLines(join(directory, 'groups.jsonl')).map((line) => groupSchema.parse(line));
  for (const { components, rewards: sums, lengths } of groups) {
    expect(Object.keys(components!)).toEqual(['correct', 'even', 'short']);
    expect(components!.short).toEqual(lengths.map((length) => -length));
    const { correct, even, short: tokens } = components!;
    for (const [i, sum] of sums.entries()) {
      expect(sum).toBeCloseTo(correct![i]! + 0.5 * (even![i] ?? 0) + 0.25 * tokens![i]!, 4);
    }
  }
  const [rollout] = readLines(join(directory, 'rollouts/step-000003.jsonl')).map((line) =>
    rolloutSchema.parse(line),
  );
  for (const { notes, rewards: values } of rollout!.responses) {
    expect(notes!.short).toMatch(/^\d+(,\d+)+=\d+:\d+$/);
    expect(notes!.even).toBe(values!.even === null ? undefined : 'even');
  }
  await until('every process to end', () => processesOf(root).length === 0, 20);
});

test('a file that is gone, and a program that is not there', async (context) => {
  const python = requirePython(context);
  const train = (name: string) =>
    spawnSync(
      process.execPath,
      [cli, 'train', join(root, `${name}.g2rl.json`), '--python', python, '--json'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
  writeFileSync(join(root, 'rewards.py'), functions);
  const command = ['nowhere-at-all', 'short.mjs'];
  writeExperiment(root, 'program', { ...short, rewards: [{ name: 'short', command }] });
  const { status, stdout } = train('program');
  expect(status).toBe(1);
  const { error, directory } = JSON.parse(stdout);
  expect(error.message).toBe('Reward "short": there is no program nowhere-at-all.');
  expect((await readStatus(directory))?.state).toBe('failed');

  writeExperiment(root, 'file', { ...short, rewards: [rewards[1]] });
  rmSync(join(root, 'rewards.py'));
  expect(train('file').stderr).toContain('rewards[0].python');
});

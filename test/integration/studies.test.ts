/** Studies by the real command line, the real runner and the embedded engine on a tiny policy. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { isProcessAlive } from '../../src/runs/protocol/process.js';
import { scratch } from '../scratch.js';
import { Command } from '../torture/command.js';
import { readLines, writeTinyPolicy } from './trainer.js';

interface Report {
  sentence: string;
  notes: string[];
  variants: Record<
    string,
    { n: number; seeds: number[]; scores: Record<string, { n: number; mean: number; sd: number }> }
  >;
  comparisons: { variant: string; baseline: string; metric: string; delta: number; p: number }[];
}

interface Summary {
  id: string;
  directory: string;
  state: string;
  finished: number;
  list: { arm: string; seed: number; run: string | null; adopted: boolean; state: string | null }[];
}

const experiment = {
  name: 'base',
  policy: './policy',
  device: 'cpu',
  threads: 1,
  // A random policy is never right: only the shaping of all-wrong groups gives it a gradient.
  method: { uniformGroups: 'all' },
  rollout: { promptsPerStep: 4, groupSize: 4, maxNewTokens: 8 },
  optimization: { steps: 8, learningRate: 1e-3, minibatches: 2, warmupSteps: 0 },
  evaluation: { every: 4, benchmarks: [{ samples: 4, limit: 16 }] },
  checkpoints: { every: 2 },
};
const study = {
  schema: 1,
  name: 'helps',
  experiment: 'base.g2rl.json',
  variants: { grpo: { 'method.name': 'grpo' }, g2rl: { 'method.name': 'g2rl' } },
  seeds: 2,
  baseline: 'grpo',
};

const studyFile = 'helps.g2rl-study.json';

function workspace(changes: object = {}, base: object = {}): string {
  const folder = scratch('study');
  writeTinyPolicy(join(folder, 'policy'), 12);
  writeFileSync(join(folder, 'base.g2rl.json'), JSON.stringify({ ...experiment, ...base }));
  writeFileSync(join(folder, studyFile), JSON.stringify({ ...study, ...changes }));
  return folder;
}

async function g2rl(folder: string, ...parameters: string[]): Promise<Command> {
  const command = new Command(parameters, folder);
  await command.ended;
  return command;
}

async function json<T>(folder: string, ...parameters: string[]): Promise<T> {
  const command = await g2rl(folder, ...parameters, '--json');
  expect(command.stderr).not.toMatch(/fault of G2RL Lab/);
  return JSON.parse(command.stdout) as T;
}

/** Without the folder of one that is being made. */
const runsOf = (folder: string) =>
  readdirSync(join(folder, '.g2rl/runs'))
    .filter((name) => !name.startsWith('.'))
    .sort();
const statusOf = (folder: string) => json<Summary>(folder, 'study', 'status', studyFile);

/** The pid in a status or lock. */
function pidIn(file: string): number {
  return (JSON.parse(readFileSync(file, 'utf8')) as { pid: number }).pid;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('it did not become true within a minute');
    await new Promise((next) => setTimeout(next, 20));
  }
}

describe('a study', () => {
  let folder: string;
  let first: Report;

  beforeAll(async () => {
    folder = workspace();
    const command = await g2rl(folder, 'study', 'run', studyFile);
    expect(command.end, command.stderr).toBe(0);
    first = await json<Report>(folder, 'study', 'report', studyFile);
  });

  test('runs every variant with every seed, and says what came of it', async () => {
    const { state, finished, list } = await statusOf(folder);
    expect({ state, finished }).toEqual({ state: 'finished', finished: 4 });
    expect(list.map(({ arm, seed }) => `${arm} ${seed}`)).toEqual(['grpo 0', 'grpo 1', 'g2rl 0', 'g2rl 1']);
    const manifest = JSON.parse(readFileSync(join(folder, '.g2rl/runs', list[3]!.run!, 'run.json'), 'utf8'));
    expect(manifest).toMatchObject({
      name: 'helps-g2rl-s1',
      seed: 1,
      experiment: { seed: 1, method: { name: 'g2rl' } },
      study: { variant: 'g2rl', seed: 1, point: {} },
    });
    const [studyFolder] = readdirSync(join(folder, '.g2rl/studies'));
    const begun = readLines<{ variant: string; seed: number }>(
      join(folder, '.g2rl/studies', studyFolder!, 'runs.jsonl'),
    );
    expect(begun.map(({ variant, seed }) => `${variant} ${seed}`)).toEqual([
      'grpo 0',
      'g2rl 0',
      'grpo 1',
      'g2rl 1',
    ]);
    expect(first.sentence).toMatch(/^g2rl .* against grpo .* \(2 seeds\): not distinguishable/);
    expect(first.variants.g2rl).toMatchObject({ n: 2, seeds: [0, 1] });
  });

  test('reports what the records of its runs say', async () => {
    const { list } = await statusOf(folder);
    const scores = list
      .filter(({ arm }) => arm === 'grpo')
      .map(({ run }) => {
        const lines = readLines<{ step: number; pass_at_1: number }>(
          join(folder, '.g2rl/runs', run!, 'benchmarks.jsonl'),
        );
        return lines.findLast(({ step }) => step === 8)!.pass_at_1;
      });
    expect(first.variants.grpo!.scores.pass_at_1!.mean).toBeCloseTo((scores[0]! + scores[1]!) / 2, 12);
  });

  test('repeats nothing when it is run again, and extends by a seed and a variant', async () => {
    const before = runsOf(folder);
    expect((await g2rl(folder, 'study', 'run', studyFile)).end).toBe(0);
    expect(runsOf(folder)).toEqual(before);
    const variants = { ...study.variants, weak: { 'method.lambda': 0.1 } };
    writeFileSync(join(folder, studyFile), JSON.stringify({ ...study, variants, seeds: 3 }));
    const plan = await json<{ left: number; estimate: { from: string } }>(folder, 'study', 'plan', studyFile);
    expect(plan.left).toBe(5);
    expect(before).toContain(plan.estimate.from);
    const { state, finished } = await json<Summary>(folder, 'study', 'run', studyFile);
    expect({ state, finished }).toEqual({ state: 'finished', finished: 9 });
    expect(runsOf(folder).filter((run) => before.includes(run))).toEqual(before);
  });

  test('refuses to mix when its experiment has changed, and says what differs', async () => {
    const file = join(folder, 'base.g2rl.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('"learningRate":0.001', '"learningRate":0.002'));
    const refused = await g2rl(folder, 'study', 'run', studyFile);
    expect(refused.end).toBe(1);
    expect(refused.stderr).toMatch(/optimization\.learningRate 0\.001 → 0\.002 \(grpo, seed 0\)/);
    expect(refused.stderr).toContain(`${file} differs from what the runs`);
    expect(refused.stderr).toContain('--new');
    expect((await g2rl(folder, 'study', 'plan', studyFile)).stderr).toContain(`${file} differs from`);
    writeFileSync(file, text);
    writeTinyPolicy(join(folder, 'policy'), 13);
    expect((await g2rl(folder, 'study', 'run', studyFile)).stderr).toMatch(
      /the weights in .*policy are others/,
    );
    writeTinyPolicy(join(folder, 'policy'), 12);
  });

  test('is adopted by another study of the same experiments', async () => {
    const other = 'other.g2rl-study.json';
    writeFileSync(join(folder, other), JSON.stringify({ ...study, name: 'other' }));
    const before = runsOf(folder);
    const { finished, list } = await json<Summary>(folder, 'study', 'run', other);
    expect(finished).toBe(4);
    expect(list.every(({ adopted }) => adopted)).toBe(true);
    expect(runsOf(folder)).toEqual(before);
  });
});

test('a study whose runs share the cores is extended, too', async () => {
  const folder = workspace({ parallel: 2, seeds: 1 }, { threads: 0 });
  expect((await g2rl(folder, 'study', 'run', studyFile)).end).toBe(0);
  writeFileSync(join(folder, studyFile), JSON.stringify({ ...study, parallel: 2, seeds: 2 }));
  const extended = await g2rl(folder, 'study', 'run', studyFile);
  expect(extended.end, extended.stderr).toBe(0);
  const { state, finished } = await statusOf(folder);
  expect({ state, finished }).toEqual({ state: 'finished', finished: 4 });
});

test('a study that is killed, runner and trainer, goes on and ends with the same report', async () => {
  // Long enough not to be over before it is killed, on a busy machine too.
  const longer = { optimization: { ...experiment.optimization, steps: 30 } };
  const undisturbed = workspace({}, longer);
  await g2rl(undisturbed, 'study', 'run', studyFile);
  const { variants } = await json<Report>(undisturbed, 'study', 'report', studyFile);

  const folder = workspace({}, longer);
  cpSync(join(undisturbed, 'policy'), join(folder, 'policy'), { recursive: true });
  const { directory } = await json<Summary>(folder, 'study', 'run', studyFile, '--detach');
  // In the middle of the second run.
  await until(async () => {
    const { list } = await statusOf(folder);
    return list[0]!.state === 'finished' && list[1]!.state === 'running';
  });
  const { list } = await statusOf(folder);
  const done = list[0]!.run!;
  const runner = pidIn(join(directory, 'status.json'));
  const trainer = pidIn(join(folder, '.g2rl/runs', list[1]!.run!, 'status.json'));
  process.kill(runner, 'SIGKILL');
  process.kill(trainer, 'SIGKILL');
  await until(async () => (await statusOf(folder)).state === 'interrupted');
  // A record that was cut off, and one that was never written.
  appendFileSync(join(directory, 'runs.jsonl'), '{"variant":"g2rl","po');

  const resumed = await json<Summary & { report: Report }>(folder, 'study', 'resume', studyFile);
  expect(resumed.state).toBe('finished');
  expect(resumed.list[0]!.run).toBe(done);
  expect(runsOf(folder)).toHaveLength(4);
  expect(resumed.report.variants).toEqual(variants);
});

test('a stopped study stops its runs, with checkpoints; a second runner is refused; resume goes on', async () => {
  const folder = workspace({}, { optimization: { ...experiment.optimization, steps: 200 } });
  const { directory } = await json<Summary>(folder, 'study', 'run', studyFile, '--detach');
  await until(async () => (await statusOf(folder)).list[0]!.state === 'running');
  const second = await g2rl(folder, 'study', 'run', studyFile);
  expect(second.end).toBe(1);
  expect(second.stderr).toMatch(/^Process \d+ works on the study .* already\./m);
  const third = await g2rl(folder, 'study', 'resume', studyFile);
  expect(third.stderr).toMatch(/works on the study/);

  const stopped = await g2rl(folder, 'study', 'stop', studyFile);
  expect(stopped.stdout).toBe('stopped.\n');
  const { list, state } = await statusOf(folder);
  expect(state).toBe('stopped');
  expect(list[0]!.state).toBe('stopped');
  expect(existsSync(join(directory, 'control/stop'))).toBe(false);
  const { pid, processStart } = JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8'));
  expect(isProcessAlive(pid, processStart)).toBe(false);
  expect((await g2rl(folder, 'study', 'stop', studyFile)).stdout).toBe(
    'Nothing to stop: the study is stopped.\n',
  );

  await json<Summary>(folder, 'study', 'resume', studyFile, '--detach');
  await until(async () => (await statusOf(folder)).list[0]!.state === 'running');
  expect(runsOf(folder)).toHaveLength(1);
  await g2rl(folder, 'study', 'stop', studyFile, '--now');
});

test('a run that fails is tried twice and does not stop the others', async () => {
  // Long enough not to be over before its file is taken away, on a busy machine too.
  const folder = workspace({ seeds: [0] }, { optimization: { ...experiment.optimization, steps: 60 } });
  const { directory } = await json<Summary>(folder, 'study', 'run', studyFile, '--detach');
  await until(() => existsSync(join(folder, '.g2rl/runs')) && runsOf(folder).length === 1);
  // Its metrics cannot be appended to any more.
  const first = join(folder, '.g2rl/runs', runsOf(folder)[0]!);
  await until(() => existsSync(join(first, 'metrics.jsonl')));
  rmSync(join(first, 'metrics.jsonl'), { force: true });
  mkdirSync(join(first, 'metrics.jsonl'));
  await until(async () => !['running', 'stopping'].includes((await statusOf(folder)).state));
  const { state, list } = await statusOf(folder);
  expect(state).toBe('failed');
  expect(list.map((run) => run.state)).toEqual(['failed', 'finished']);
  const status = JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8'));
  expect(status).toMatchObject({ step: 1, failed: 1 });
  expect(status.error.message).toMatch(
    /^1 of 2 runs failed twice: .*helps-grpo-s0.* The first: .*metrics\.jsonl/,
  );
  const log = readFileSync(join(directory, 'log.txt'), 'utf8');
  expect(log.match(/-s0-\w+ failed: /g)).toHaveLength(2);
});

test.runIf(existsSync('/dev/full'))(
  'a full disk stops the study, which goes on when there is space',
  async () => {
    const folder = workspace({ seeds: [0] }, { optimization: { ...experiment.optimization, steps: 60 } });
    const { directory } = await json<Summary>(folder, 'study', 'run', studyFile, '--detach');
    await until(() => existsSync(join(folder, '.g2rl/runs')) && runsOf(folder).length === 1);
    const metrics = join(folder, '.g2rl/runs', runsOf(folder)[0]!, 'metrics.jsonl');
    await until(() => existsSync(metrics));
    renameSync(metrics, `${metrics}.kept`);
    symlinkSync('/dev/full', metrics);
    await until(async () => !['running', 'stopping'].includes((await statusOf(folder)).state));
    const { state, list } = await statusOf(folder);
    expect(state).toBe('failed');
    expect(list.map((run) => run.state)).toEqual(['failed', null]);
    const status = JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8'));
    expect(status.error.message).toMatch(/metrics\.jsonl.*ENOSPC/);
    expect(status.error.hint).toMatch(/^The disk is full\. .*resume the study/);
    rmSync(metrics);
    renameSync(`${metrics}.kept`, metrics);
    const resumed = await g2rl(folder, 'study', 'resume', studyFile);
    expect(resumed.end, resumed.stderr).toBe(0);
    expect(runsOf(folder)).toHaveLength(2);
  },
);

test('a run that was deleted is begun again', async () => {
  const folder = workspace({ seeds: [0] });
  expect((await g2rl(folder, 'study', 'run', studyFile)).end).toBe(0);
  // In the order of the plan: names of runs that begin within a second are in any.
  const [gone, kept] = (await statusOf(folder)).list.map(({ run }) => run);
  rmSync(join(folder, '.g2rl/runs', gone!), { recursive: true });
  expect((await statusOf(folder)).list.map((run) => run.state)).toEqual([null, 'finished']);
  const resumed = await g2rl(folder, 'study', 'resume', studyFile);
  expect(resumed.end, resumed.stderr).toBe(0);
  const { list } = await statusOf(folder);
  expect(list.map((run) => run.state)).toEqual(['finished', 'finished']);
  expect(list[1]!.run).toBe(kept);
  expect(runsOf(folder)).toHaveLength(2);
});

test('what cannot be run is refused before anything is written', async () => {
  const folder = workspace({ baseline: 'gpro' });
  const refused = await g2rl(folder, 'study', 'run', studyFile);
  expect(refused.end).toBe(1);
  expect(refused.stderr).toMatch(
    /helps\.g2rl-study\.json:1:\d+: baseline: there is no variant "gpro"\n\s+Did you mean "grpo"\?/,
  );
  expect(existsSync(join(folder, '.g2rl'))).toBe(false);
  const many = await g2rl(folder, 'study', 'plan', 'missing.g2rl-study.json');
  expect(many.stderr).toMatch(/there is no file/);
  writeFileSync(join(folder, studyFile), JSON.stringify({ ...study, seeds: 60 }));
  const asked = await g2rl(folder, 'study', 'run', studyFile);
  expect(asked.stderr).toMatch(/the study has 120 runs\.\n\s+Add --yes/);
  writeFileSync(join(folder, studyFile), JSON.stringify({ ...study, parallel: 'gpus' }));
  expect((await g2rl(folder, 'study', 'run', studyFile)).stderr).toMatch(
    /parallel: "gpus" is for the torch engine/,
  );
  writeFileSync(join(folder, studyFile), JSON.stringify({ ...study, parallel: 500 }));
  expect((await g2rl(folder, 'study', 'run', studyFile)).stderr).toMatch(
    /need more threads than this machine/,
  );
  expect(existsSync(join(folder, '.g2rl'))).toBe(false);
});

/** Whole runs in real trainer processes: what they write, and that nothing that happens to them loses work. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTrainer as launchTrainer } from '../../src/runs/control/launch.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import {
  type BenchmarkRecord,
  benchmarkSchema,
  type GroupRecord,
  groupSchema,
  metricsSchema,
  rolloutSchema,
  statusSchema,
} from '../../src/runs/protocol/schema.js';
import { decodeEvent } from '../../src/tensorboard/event.js';
import { readFrames } from '../../src/tensorboard/records.js';
import { scratch } from '../scratch.js';
import { exitOf, makeRun, readLines, readStatus, startTrainer, trainerPath, until } from './trainer.js';

const finalWeights = (directory: string, step = 12) =>
  readFileSync(join(directory, `checkpoints/step-${String(step).padStart(6, '0')}/model.safetensors`));
const stepOf = (directory: string) => readStatus(directory)?.step ?? 0;

const straightRuns = new Map<string, Promise<string>>();

/** A run that nothing has disturbed: trained once, compared with many. Do not change its folder. */
function straightRun(change: Record<string, unknown> = {}): Promise<string> {
  const key = JSON.stringify(change);
  const run = straightRuns.get(key) ?? trainedRun(change);
  straightRuns.set(key, run);
  return run;
}

async function trainedRun(change: Record<string, unknown> = {}): Promise<string> {
  const directory = makeRun(change);
  expect(await exitOf(startTrainer(directory))).toBe(0);
  return directory;
}

/** What must be equal in two runs of the same experiment: everything but times. */
function learningCurve(directory: string): Map<number, number[]> {
  const curve = new Map<number, number[]>();
  for (const line of readLines<StepMetrics>(join(directory, 'metrics.jsonl'))) {
    curve.set(line.step, [line.loss, line.reward, line.kl, line.grad_norm, line['g2rl/similarity_mean']]);
  }
  return curve;
}

test('a run writes its directory whole, and the same seed gives the same run', async () => {
  const directory = await straightRun();
  const status = statusSchema.parse(readStatus(directory));
  expect(status).toMatchObject({
    state: 'finished',
    step: 12,
    totalSteps: 12,
    checkpointStep: 12,
    error: null,
  });

  const metrics = readLines(join(directory, 'metrics.jsonl')).map((line) => metricsSchema.parse(line));
  expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(metrics.at(-1)!.num_tokens).toBe(status.tokens);
  const groups = readLines(join(directory, 'groups.jsonl')).map((line) => groupSchema.parse(line));
  expect(groups).toHaveLength(12 * 4);
  for (const group of groups) {
    expect(group.similarity).toHaveLength(6);
    expect(group.rewards).toHaveLength(4);
    for (const [index, scaler] of group.scalers.entries()) {
      expect(group.shaped[index]! / group.rewards[index]!).toBeCloseTo(scaler, 4);
    }
  }
  const rollouts = readLines(join(directory, 'rollouts/step-000012.jsonl')).map((line) =>
    rolloutSchema.parse(line),
  );
  expect(rollouts.map(({ responses }) => responses.length)).toEqual([4, 4, 4, 4]);
  const benchmarks = readLines(join(directory, 'benchmarks.jsonl')).map((line) =>
    benchmarkSchema.parse(line),
  );
  expect(benchmarks.map(({ step }) => step)).toEqual([0, 6, 12]);
  expect(readdirSync(join(directory, 'checkpoints')).sort()).toEqual([
    'step-000004',
    'step-000008',
    'step-000012',
  ]);

  const again = await trainedRun();
  expect(finalWeights(again).equals(finalWeights(directory))).toBe(true);
  expect(learningCurve(again)).toEqual(learningCurve(directory));
});

test('TensorBoard gets every step once, also of a run that was killed and resumed', async () => {
  const directory = makeRun({ report: ['tensorboard'], optimization: { steps: 40, learningRate: 1e-3 } });
  const child = startTrainer(directory);
  const exit = exitOf(child);
  await until(() => stepOf(directory) >= 6);
  child.kill('SIGKILL');
  expect(await exit).toBe('SIGKILL');
  expect(await exitOf(startTrainer(directory))).toBe(0);
  const folder = join(directory, 'tensorboard');
  const files = readdirSync(folder).sort();
  expect(files).toHaveLength(2);
  const [first = [], second = []] = files.map((name) => {
    const events: ReturnType<typeof decodeEvent>[] = [];
    readFrames(readFileSync(join(folder, name)), (data) => events.push(decodeEvent(data)));
    return events;
  });
  // The start of the second session says from where on the first one no longer counts.
  const start = second[1]?.step ?? 0;
  const counted = [...first.filter(({ step }) => step < start), ...second];
  const steps = counted.filter(({ scalars }) => scalars.length > 0).map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  const {
    step: _step,
    time: _time,
    ...metrics
  } = readLines<StepMetrics>(join(directory, 'metrics.jsonl')).at(-1)!;
  const written = Object.fromEntries(second.at(-1)?.scalars ?? []);
  expect(Object.keys(written).sort()).toEqual(Object.keys(metrics).sort());
  expect(written.reward).toBeCloseTo(metrics.reward, 5);
});

test.each([
  { step: 3, threads: 1 },
  { step: 6, threads: 1 },
  { step: 9, threads: 1 },
  { step: 6, threads: 2 },
])(
  'killed at step $step and resumed, a run of $threads threads ends bit for bit as if never interrupted',
  async ({ step, threads }) => {
    // Long enough not to be over before the signal comes, on a busy machine too.
    const change = {
      threads,
      method: { lambdaSchedule: 'linear' },
      optimization: { steps: 60, learningRate: 1e-3 },
    };
    const straight = await straightRun(change);
    const directory = makeRun(change);
    const child = startTrainer(directory);
    const exit = exitOf(child);
    await until(() => stepOf(directory) >= step);
    child.kill('SIGKILL');
    expect(await exit).toBe('SIGKILL');
    expect(readStatus(directory)!.state).not.toBe('finished');
    // As a kill in the middle of an append leaves it: a step whose checkpoint is there already has its whole line.
    const file = join(directory, 'metrics.jsonl');
    const last = readLines<StepMetrics>(file).at(-1)!.step;
    const saved = existsSync(join(directory, `checkpoints/step-${String(last).padStart(6, '0')}`));
    if (!saved) truncateSync(file, readFileSync(file).length - 9);

    expect(await exitOf(startTrainer(directory))).toBe(0);
    expect(finalWeights(directory, 60).equals(finalWeights(straight, 60))).toBe(true);
    expect(learningCurve(directory)).toEqual(learningCurve(straight));
    for (const line of readLines<StepMetrics>(file)) {
      expect(line['g2rl/lambda']).toBeCloseTo(0.5 * (1 - line.step / 60), 12);
    }
    const scores = (run: string) =>
      new Map(
        readLines<BenchmarkRecord>(join(run, 'benchmarks.jsonl')).map((line) => [line.step, line.pass_at_1]),
      );
    expect(scores(directory)).toEqual(scores(straight));
  },
);

test.each([
  [
    'a stop request',
    (directory: string) => writeFileSync(join(directory, 'control/stop'), '{"mode":"checkpoint"}'),
  ],
  ['SIGINT', (_: string, pid: number) => process.kill(pid, 'SIGINT')],
  ['SIGTERM', (_: string, pid: number) => process.kill(pid, 'SIGTERM')],
])('%s ends the step in hand, leaves a checkpoint, and a resume continues bit for bit', async (_, stop) => {
  const change = { optimization: { steps: 60, learningRate: 1e-3 } };
  const directory = makeRun(change);
  const child = startTrainer(directory);
  await until(() => stepOf(directory) >= 5);
  stop(directory, child.pid!);
  expect(await exitOf(child)).toBe(0);
  const status = readStatus(directory)!;
  expect(status.state).toBe('stopped');
  expect(status.step).toBeLessThan(60);
  expect(status.checkpointStep).toBe(status.step);
  expect(existsSync(join(directory, 'control/stop'))).toBe(false);

  expect(await exitOf(startTrainer(directory))).toBe(0);
  const straight = await straightRun(change);
  expect(finalWeights(directory, 60).equals(finalWeights(straight, 60))).toBe(true);
});

test('a request that comes while the trainer loads is obeyed', async () => {
  const directory = makeRun({ optimization: { steps: 60 } });
  writeFileSync(join(directory, 'control/stop'), '{"mode":"checkpoint"}');
  expect(await exitOf(startTrainer(directory))).toBe(0);
  expect(readStatus(directory)!.state).toBe('stopped');
  expect(existsSync(join(directory, 'control/stop'))).toBe(false);
});

test('a trainer whose launcher was killed too early for a word keeps others from its run', async () => {
  const directory = makeRun({ optimization: { steps: 5000 } });
  const gone = { pid: 2 ** 22 + 1, processStart: 'long ago' };
  writeFileSync(join(directory, 'control/launch.lock'), JSON.stringify(gone));
  const child = startTrainer(directory);
  await until(() => stepOf(directory) >= 2);
  expect(await exitOf(startTrainer(directory))).toBe(1);
  await expect(launchTrainer(directory, { trainerPath })).rejects.toThrow(
    `Process ${child.pid} works on this run already`,
  );
  const { pid, state } = readStatus(directory)!;
  expect(pid).toBe(child.pid);
  expect(['running', 'evaluating']).toContain(state);
  child.kill('SIGKILL');
  await exitOf(child);
});

test('a trainer that was paused and taken for gone ends when it finds another at work', async () => {
  const directory = makeRun({ optimization: { steps: 5000 } });
  const child = startTrainer(directory);
  await until(() => stepOf(directory) >= 2);
  const lock = join(directory, 'control/launch.lock');
  // A process that is gone has taken over nothing.
  writeFileSync(lock, JSON.stringify({ pid: 2 ** 22 + 1, processStart: 'long ago' }));
  const step = stepOf(directory);
  await until(() => stepOf(directory) > step + 50);
  child.kill('SIGSTOP');
  const other = { pid: 7, processStart: 'x', host: 'node-7', pidScope: 'another' };
  writeFileSync(lock, JSON.stringify(other));
  writeFileSync(join(directory, 'status.json'), JSON.stringify({ ...readStatus(directory), ...other }));
  child.kill('SIGCONT');
  expect(await exitOf(child)).toBe('SIGKILL');
  expect(JSON.parse(readFileSync(lock, 'utf8'))).toEqual(other);
});

test('"now" stops without a checkpoint of the last steps', async () => {
  const directory = makeRun({ optimization: { steps: 5000 }, checkpoints: { every: 5000 } });
  const child = startTrainer(directory);
  await until(() => stepOf(directory) >= 2);
  writeFileSync(join(directory, 'control/stop'), '{"mode":"now"}');
  expect(await exitOf(child)).toBe('SIGKILL');
  expect(readStatus(directory)).toMatchObject({ state: 'stopped', checkpointStep: null });
});

test('a damaged newest checkpoint is passed over', async () => {
  const straight = await straightRun();
  const directory = join(scratch('copy'), 'run');
  cpSync(straight, directory, { recursive: true });
  truncateSync(join(directory, 'checkpoints/step-000012/model.safetensors'), 1000);
  expect(await exitOf(startTrainer(directory))).toBe(0);
  expect(finalWeights(directory).equals(finalWeights(straight))).toBe(true);
});

test.skipIf(process.platform === 'win32')(
  'where no more files can be opened the run ends with a word: the limit, and how to raise it',
  () => {
    const states = new Set<string | undefined>();
    for (let limit = 20; limit < 27; limit++) {
      const directory = makeRun({ optimization: { steps: 1 }, evaluation: { every: 0, benchmarks: [] } });
      const request = JSON.stringify({ directory });
      const script = `ulimit -n ${limit}; exec "$0" "$@"`;
      spawnSync('sh', ['-c', script, process.execPath, trainerPath, 'run', request], { stdio: 'ignore' });
      // With the lowest limits not even Node starts.
      const status = readStatus(directory);
      states.add(status?.state);
      if (status?.state !== 'finished' && status) expect(status.error?.hint).toContain('ulimit -n 4096');
    }
    expect(states).toContain('failed');
  },
);

test('a run whose checkpoints are all damaged does not start again by itself', async () => {
  const directory = makeRun({ checkpoints: { every: 4, keep: 1 } });
  expect(await exitOf(startTrainer(directory))).toBe(0);
  truncateSync(join(directory, 'checkpoints/step-000012/model.safetensors'), 1000);
  expect(await exitOf(startTrainer(directory))).toBe(1);
  const { state, error } = readStatus(directory)!;
  expect([state, error?.message]).toEqual([
    'failed',
    expect.stringMatching(/The only checkpoint of this run is damaged\. .*does not match its checksum/),
  ]);
  expect(error?.hint).toMatch(/Restore one from a backup; or delete .*checkpoints/);
  rmSync(join(directory, 'checkpoints'), { recursive: true });
  expect(await exitOf(startTrainer(directory))).toBe(0);
});

test('checkpoints that a kill kept from being pruned are pruned on resume', async () => {
  const directory = makeRun();
  expect(await exitOf(startTrainer(directory))).toBe(0);
  const file = join(directory, 'run.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"keep":0', '"keep":1'));
  expect(await exitOf(startTrainer(directory))).toBe(0);
  expect(readdirSync(join(directory, 'checkpoints'))).toEqual(['step-000012']);
});

test.each([
  [
    'a changed starting policy',
    (directory: string) => {
      const file = join(directory, '../policy/model.safetensors');
      const bytes = readFileSync(file);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(file, bytes);
    },
    /the starting policy has changed/,
  ],
  [
    'a missing starting policy',
    (directory: string) => rmSync(join(directory, '../policy'), { recursive: true }),
    /there is no folder/,
  ],
  [
    'a run of a newer schema',
    (directory: string) => {
      const file = join(directory, 'run.json');
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), schema: 99 }));
    },
    /schema 99 is newer/,
  ],
  [
    'rollouts that cannot be written',
    (directory: string) => rmSync(join(directory, 'rollouts'), { force: true, recursive: true }),
    null,
  ],
] as const)('%s', async (_, damage, message) => {
  const directory = makeRun();
  damage(directory);
  if (message === null) {
    // A file where a folder must be: as unwritable for root as for anyone.
    writeFileSync(join(directory, 'rollouts'), '');
    message = /rollouts.* cannot be/;
  }
  expect(await exitOf(startTrainer(directory))).toBe(1);
  const status = readStatus(directory)!;
  expect(status.state).toBe('failed');
  expect(status.error!.message).toMatch(message);
  expect(status.error!.hint).not.toBe('');
});

test('a task file with a bad line fails the run with file, line and field', async () => {
  const file = join(scratch('task'), 'prompts.jsonl');
  writeFileSync(file, '{"numbers":[3,7,12],"target":27}\n{"numbers":[3,"seven"],"target":10}\n');
  const directory = makeRun({ task: { file } });
  expect(await exitOf(startTrainer(directory))).toBe(1);
  const { state, error } = readStatus(directory)!;
  expect(state).toBe('failed');
  expect(error!.message).toContain(`${file}, line 2: numbers.1:`);
  expect(error!.hint).toMatch(/Correct the task file/);
});

test.skipIf(process.platform !== 'linux')(
  'a full disk loses nothing: with space again it continues bit for bit',
  async () => {
    // Long enough not to be over before the signal comes, on a busy machine too.
    const change = {
      method: { lambdaSchedule: 'linear' },
      optimization: { steps: 60, learningRate: 1e-3 },
    };
    const straight = await straightRun(change);
    const directory = makeRun(change);
    const metrics = join(directory, 'metrics.jsonl');
    const child = startTrainer(directory);
    const exit = exitOf(child);
    await until(() => stepOf(directory) >= 5);
    child.kill('SIGINT');
    await exit;
    // Linux's device that is always full, in the place of a file that every step appends to.
    renameSync(metrics, `${metrics}.kept`);
    symlinkSync('/dev/full', metrics);
    expect(await exitOf(startTrainer(directory))).toBe(1);
    const { state, error } = readStatus(directory)!;
    expect(state).toBe('failed');
    expect(error!.message).toContain('metrics.jsonl cannot be written (ENOSPC)');
    expect(error!.hint).toMatch(/disk is full.*resume/);
    renameSync(`${metrics}.kept`, metrics);
    expect(await exitOf(startTrainer(directory))).toBe(0);
    expect(finalWeights(directory, 60).equals(finalWeights(straight, 60))).toBe(true);
    expect(learningCurve(directory)).toEqual(learningCurve(straight));
  },
);

test('a run folder that is moved away while it trains ends the process', async () => {
  const directory = makeRun({ optimization: { steps: 5000 } });
  const child = startTrainer(directory);
  await until(() => stepOf(directory) >= 2);
  renameSync(directory, `${directory}-moved`);
  expect(await exitOf(child)).toBe(1);
});

test('sequence-level ratios, several epochs, the entropy bonus and no KL term train as well', async () => {
  const directory = makeRun({
    method: { name: 'entropy' },
    optimization: {
      steps: 3,
      epochs: 2,
      minibatches: 2,
      klCoefficient: 0,
      importanceSamplingLevel: 'sequence',
      lossNormalization: 'token',
      scaleRewards: 'batch',
      schedule: 'cosine',
    },
    evaluation: { every: 0, benchmarks: [{ samples: 2, limit: 2 }] },
    rollout: { promptsPerStep: 4, groupSize: 4, maxNewTokens: 8, keep: 1 },
  });
  expect(await exitOf(startTrainer(directory))).toBe(0);
  expect(readLines<StepMetrics>(join(directory, 'metrics.jsonl'))).toHaveLength(3);
  expect(readLines<GroupRecord>(join(directory, 'rollouts/step-000002.jsonl'))).toHaveLength(1);
});

test('a machine for which ONNX Runtime has no build is named, with where it has one and the other engine', async () => {
  const directory = makeRun();
  const other = join(scratch(), 'other-machine.cjs');
  writeFileSync(other, "Object.defineProperty(process, 'arch', { value: 'riscv64' });");
  expect(await exitOf(startTrainer(directory, ['--require', other]))).toBe(1);
  const { state, error } = readStatus(directory)!;
  expect(state).toBe('failed');
  expect(error?.message).toMatch(/^The embedded engine cannot run on this machine \(\w+ riscv64\)/);
  expect(error?.hint).toMatch(/macOS on Apple silicon.*engine to "torch"/);
});

/** Runs of the torch engine as a user starts them: experiment file, launcher, Python, run directory, and what goes wrong. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { engineChecks } from '../../src/engines/checks/engine-checks.js';
import { readPolicyFolder } from '../../src/engines/embedded/model/policy-folder.js';
import { trainingTask } from '../../src/engines/embedded/training-task.js';
import { loadExperiment } from '../../src/experiment/load.js';
import { startTrainer } from '../../src/runs/control/launch.js';
import { stopRun } from '../../src/runs/control/stop.js';
import { readManifest, readStatus } from '../../src/runs/protocol/json.js';
import { benchmarkSchema, type GroupRecord } from '../../src/runs/protocol/schema.js';
import { RUN_SCHEMA_VERSION } from '../../src/runs/protocol/version.js';
import { EvaluationIndex } from '../../src/runs/read/evaluation-index.js';
import { scratch } from '../scratch.js';
import { requirePython, torchPlace } from './python.js';
import {
  endless,
  makeTorchRun,
  metricsOf,
  nobodyWorksOn,
  processesOf,
  short,
  stateOf,
  until,
  writeExperiment,
} from './torch-runs.js';
import { readLines, trainerPath, writeBytePolicy, writeTinyPolicy } from './trainer.js';

const cli = resolve('dist/cli.cjs');
const mediaDirectory = resolve('media');
let root: string;

beforeAll(() => {
  root = scratch('torch');
  writeTinyPolicy(join(root, 'policy'), 20);
});

const experimentFile = (name: string, content: object) => writeExperiment(root, name, content);
const makeRun = (content: object) => makeTorchRun(root, content);

test('two processes train what an experiment file says, from the command line', async (context) => {
  const python = requirePython(context);
  const file = experimentFile('two', {
    ...short,
    torch: { cpu: true, processes: 2 },
    rollout: { ...short.rollout, promptsPerStep: 3 },
  });
  const ended = spawnSync(process.execPath, [cli, 'train', file, '--python', python, '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(ended.status, ended.stderr).toBe(0);
  const result = JSON.parse(ended.stdout);
  expect(result).toMatchObject({ state: 'finished', step: 3, totalSteps: 3, error: null });
  const manifest = await readManifest(result.directory);
  expect(manifest).toMatchObject({ engine: 'torch', device: 'CPU, PyTorch' });
  expect(manifest.versions.trl).toMatch(/^1\.16/);
  expect(metricsOf(result.directory).map(({ step }) => step)).toEqual([1, 2, 3]);
  // How they were started can be seen.
  expect(readFileSync(join(result.directory, 'accelerate.yaml'), 'utf8')).toContain('MULTI_GPU');
  // What each rank said is kept apart, too.
  const logs = readdirSync(join(result.directory, 'logs'), { recursive: true }).map(String);
  for (const rank of [0, 1])
    expect(logs.some((path) => path.endsWith(join(String(rank), 'stderr.log')))).toBe(true);
  await until('every process to end', () => processesOf(result.directory).length === 0, 30);
});

test('alive while its Python loads, stopped with a checkpoint, resumed, stopped at once', async (context) => {
  const python = requirePython(context);
  const slow = join(root, 'slow-to-load');
  writeFileSync(slow, `#!/bin/sh\nsleep 4\nexec ${python} "$@"\n`, { mode: 0o755 });
  const { directory } = await makeRun(endless);
  await startTrainer(directory, { trainerPath, torch: torchPlace(slow) });
  expect(await stateOf(directory)).toBe('starting');
  const starts: string[] = [];
  const beats = new Set<string>();
  const watch = async () => {
    const status = await readStatus(directory);
    if (!status) return;
    if (status.startedAt !== starts.at(-1)) starts.push(status.startedAt);
    if (starts.length === 1) beats.add(status.heartbeat);
  };
  await until('two steps', async () => {
    await watch();
    return metricsOf(directory).length >= 2;
  });
  expect(await stateOf(directory)).toMatch(/running|evaluating/);
  const { how, status } = await stopRun(directory);
  await watch();
  // The launcher's until Python's own, and never back.
  expect(starts).toHaveLength(2);
  expect(beats.size).toBeGreaterThan(3);
  expect(how).toBe('request');
  expect(status).toMatchObject({ state: 'stopped', checkpointStep: status!.step });
  expect(processesOf(directory)).toEqual([]);

  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('another step', () => metricsOf(directory).some(({ step }) => step > status!.step));
  const now = await stopRun(directory, { mode: 'now' });
  expect(now.status?.state).toBe('stopped');
  expect(processesOf(directory)).toEqual([]);
});

test('a killed Python is told of, and the run resumes; a killed launcher leaves no Python behind', async (context) => {
  const python = requirePython(context);
  const { directory } = await makeRun(endless);
  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('two steps', () => metricsOf(directory).length >= 2);
  const [engine] = processesOf(directory).filter(({ command }) => command.includes('g2rl_torch'));
  process.kill(engine!.pid, 'SIGKILL');
  await until('the launcher to notice', async () => (await stateOf(directory)) === 'failed', 20);
  const status = await readStatus(directory);
  expect(status?.error?.message).toBe('The training process was killed.');
  expect(status?.error?.hint).toContain('rollout.groupSize');
  await until('the launcher to end', () => nobodyWorksOn(directory), 20);

  const steps = status!.step;
  const { pid } = await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('another step', () => metricsOf(directory).some(({ step }) => step > steps));
  process.kill(pid, 'SIGKILL');
  await until('Python to end', () => processesOf(directory).length === 0, 30);
  expect(await stateOf(directory)).toMatch(/failed|lost/);
});

test('a killed first process of two is told of', async (context) => {
  const python = requirePython(context);
  const { directory } = await makeRun({ ...endless, torch: { cpu: true, processes: 2 } });
  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('two steps', () => metricsOf(directory).length >= 2);
  const first = processesOf(directory).find(({ pid, command }) => {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return !command.includes('accelerate') && environment.includes('RANK=0');
  });
  process.kill(first!.pid, 'SIGKILL');
  await until('the launcher to notice', async () => (await stateOf(directory)) === 'failed', 60);
  const { error } = (await readStatus(directory))!;
  expect(error?.message).toBe('The training process of rank 0 was killed.');
  expect(error?.hint).toContain('Memory may have run out');
  await until('every process to end', () => processesOf(directory).length === 0, 30);
});

test.each([
  [
    'lacks a package',
    'echo "ModuleNotFoundError: No module named \'trl\'" >&2; exit 1',
    /No module named 'trl'/,
    /Set Up GPU Engine/,
  ],
  ['crashes', 'kill -SEGV $$', /ended unexpectedly, by SIGSEGV/, /log\.txt/],
])('a Python that %s ends the run with the reason', async (_name, script, message, hint) => {
  const python = join(root, `broken-${Math.random().toString(36).slice(2)}`);
  writeFileSync(python, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const { directory } = await makeRun(short);
  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('the end', async () => (await stateOf(directory)) === 'failed', 20);
  const status = await readStatus(directory);
  expect(status?.error?.message).toMatch(message);
  expect(status?.error?.hint).toMatch(hint);
});

test('a configuration of accelerate is read where it lies, and missed when it is gone', async () => {
  const folder = join(root, 'shards');
  mkdirSync(folder);
  writeFileSync(join(folder, 'fsdp.yaml'), 'distributed_type: FSDP\n');
  const python = join(root, 'where');
  writeFileSync(python, `#!/bin/sh\npwd > ${join(root, 'where.txt')}\nexit 1\n`, { mode: 0o755 });
  const { directory } = await makeRun({
    ...short,
    torch: { cpu: true, accelerateConfig: 'shards/fsdp.yaml' },
  });
  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('the end', async () => (await stateOf(directory)) === 'failed', 20);
  expect(readFileSync(join(root, 'where.txt'), 'utf8').trim()).toBe(realpathSync(folder));

  rmSync(folder, { recursive: true });
  await until('the launcher to end', () => nobodyWorksOn(directory), 20);
  await startTrainer(directory, { trainerPath, torch: torchPlace(python) });
  await until('the end', async () => (await stateOf(directory)) === 'failed', 20);
  expect((await readStatus(directory))?.error?.message).toMatch(
    /^torch\.accelerateConfig: the file .* no longer exists/,
  );
});

test('auto takes the embedded engine where there is no GPU, and says why', async (context) => {
  const python = requirePython(context);
  const file = experimentFile('auto', { ...short, engine: 'auto', torch: {} });
  const ended = spawnSync(process.execPath, [cli, 'train', file, '--python', python, '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(ended.status, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('The embedded engine, because torch cannot use a GPU here.');
  const manifest = await readManifest(JSON.parse(ended.stdout).directory);
  expect(manifest).toMatchObject({ engine: 'embedded', experiment: { engine: 'embedded' } });
  expect(manifest.engineReason).toContain('no NVIDIA GPU');
});

test('problems are prepared, trained, evaluated and looked at again', async (context) => {
  const python = requirePython(context);
  const bytes = join(root, 'bytes');
  writeBytePolicy(bytes);
  const rows = Array.from({ length: 6 }, (_, n) =>
    JSON.stringify({ problem: `${n} + 1?`, answer: `${n + 1}` }),
  );
  writeFileSync(join(root, 'sums.jsonl'), `${rows.join('\n')}\n`);
  const file = experimentFile('problems', {
    ...short,
    policy: 'bytes',
    task: { name: 'problems', file: 'sums.jsonl' },
    evaluation: { every: 0, benchmarks: [{ file: 'sums.jsonl', samples: 2, limit: 4 }] },
  });
  const ended = spawnSync(process.execPath, [cli, 'train', file, '--python', python, '--json'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(ended.status, ended.stderr).toBe(0);
  const { directory } = JSON.parse(ended.stdout);
  const benchmarks = () =>
    readFileSync(join(directory, 'benchmarks.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => benchmarkSchema.parse(JSON.parse(line)));
  expect(benchmarks().map(({ step, problems }) => [step, problems])).toEqual([
    [0, 4],
    [3, 4],
  ]);
  const index = new EvaluationIndex(join(directory, benchmarks()[0]!.samples_file!));
  await index.read();
  expect(index.problems()).toHaveLength(4);
  expect(await index.problem(index.problems()[0]!.id)).toMatchObject({ n: 2, problem: '0 + 1?', gold: '1' });

  // The same order of problems as the embedded engine.
  const embedded = loadExperiment(file, { mediaDirectory, engineChecks }).experiment;
  const hooks = { log: () => {}, stopRequested: () => false };
  const { tokenizer } = readPolicyFolder(bytes);
  const task = await trainingTask({ schema: RUN_SCHEMA_VERSION, experiment: embedded }, tokenizer, hooks);
  const asked = readLines<GroupRecord>(join(directory, 'groups.jsonl')).map(({ prompt }) => prompt);
  const expected = [1, 2, 3].flatMap((step) => task.promptsForStep(step, 3).map(({ text }) => text));
  expect(asked).toEqual(expected);

  const checkpoint = join(directory, 'checkpoints/step-000002');
  const again = spawnSync(
    process.execPath,
    [
      cli,
      'evaluate',
      checkpoint,
      '--benchmark',
      'sums',
      '--file',
      join(root, 'sums.jsonl'),
      '--samples',
      '3',
      '--python',
      python,
      '--json',
    ],
    { cwd: root, encoding: 'utf8' },
  );
  expect(again.status, again.stderr).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({ step: 2, problems: 6, samples: 3 });
  expect(benchmarks().at(-1)).toMatchObject({ step: 2, problems: 6, samples: 3, benchmark: 'sums' });
});

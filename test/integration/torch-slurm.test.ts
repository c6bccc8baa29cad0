/** Batch scripts of torch runs, on a cluster of this machine alone, and what is done with their runs from here. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readManifest, readStatus } from '../../src/runs/protocol/json.js';
import { statusSchema } from '../../src/runs/protocol/schema.js';
import { RunReader } from '../../src/runs/read/reader.js';
import { initialStatus } from '../../src/runs/write/initial-status.js';
import { scratch } from '../scratch.js';
import { complete, Programs } from '../unit/engines/torch/programs.js';
import { AccelerateParser, configurations, type Launch } from './accelerate.js';
import { requirePython } from './python.js';
import { writeTinyPolicy } from './trainer.js';

const cli = resolve('dist/cli.cjs');
let root: string;
/** The scheduler's programs. */
let programs: string;
/** A Python of whom is only asked what it has. */
let madeUp: string;
let accelerate: AccelerateParser | undefined;

beforeAll(() => {
  // Whatever a folder is called, the script takes it.
  root = join(scratch('slurm'), "it's a folder");
  mkdirSync(root);
  writeTinyPolicy(join(root, 'policy'), 20);
  for (const [name, content] of Object.entries(configurations)) {
    writeFileSync(join(root, `${name}.yaml`), content);
  }
  programs = join(root, 'programs');
  mkdirSync(programs);
  program('scontrol', 'echo localhost');
  program('srun', 'shift\nSLURM_PROCID=0 exec "$@"');
  const others = new Programs();
  madeUp = others.python(others.path('python'), complete(false));
});
afterAll(() => accelerate?.end());

function program(name: string, script: string): string {
  const file = join(programs, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** The engine is left to what it is by default. */
const short = {
  name: 'tiny',
  policy: 'policy',
  threads: 1,
  rollout: { promptsPerStep: 2, groupSize: 4, maxNewTokens: 8 },
  optimization: { steps: 2, learningRate: 1e-3, warmupSteps: 1 },
  evaluation: { every: 0, benchmarks: [] },
  checkpoints: { every: 1 },
};

const scored = { evaluation: { every: 0, benchmarks: [{ name: 'countdown-test', limit: 4 }] } };

const run = (words: string[]) =>
  spawnSync(process.execPath, [cli, ...words], { cwd: root, encoding: 'utf8' });

function makeScript(python: string, content: object) {
  const file = join(root, 'slurm.g2rl.json');
  writeFileSync(file, JSON.stringify({ ...short, ...content }));
  return run(['slurm', file, '--python', python]);
}

/** The folder of a new run that waits for its script. */
function makeRun(python: string, torch: object): string {
  const made = makeScript(python, { torch });
  expect(made.status, made.stderr).toBe(0);
  return dirname(made.stdout.split('\n')[0]!);
}

/** Submits a run's script and waits for the job's end. */
function submit(directory: string, environment: Record<string, string> = {}) {
  return spawnSync('bash', [join(directory, 'train.sbatch')], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: [programs, process.env.PATH].join(delimiter),
      SLURM_NNODES: '1',
      SLURM_JOB_NODELIST: 'localhost',
      SLURM_JOB_ID: String(process.pid),
      SLURM_CPUS_PER_TASK: '4',
      ...environment,
    },
  });
}

const stateOf = async (directory: string) => (await RunReader.open(directory)).summary.state;
const logOf = (directory: string) => readFileSync(join(directory, 'log.txt'), 'utf8');

/** The script of a run with another Python in it, which is told the job's process. */
function replacePython(directory: string, python: string): void {
  const file = join(directory, 'train.sbatch');
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(/^export PYTHON=.*$/m, () => `export PYTHON="${python}" JOB_PID=$$`),
  );
}

test.for([1, 2])(
  'a batch script starts the run that waits for it, with %i processes',
  async (processes, context) => {
    const python = requirePython(context);
    const directory = makeRun(python, { cpu: true, processes });
    // What the job runs is in its folder, whatever becomes of this version.
    expect(existsSync(join(directory, 'torch/g2rl_torch/run/train.py'))).toBe(true);
    expect(await readManifest(directory)).toMatchObject({ engine: 'torch', experiment: { engine: 'torch' } });
    expect(await stateOf(directory)).toBe('stopped');
    const job = submit(directory);
    expect(job.status, job.stderr + logOf(directory)).toBe(0);
    expect(await stateOf(directory)).toBe('finished');
  },
);

test('a study has a run for each task of its job array, and a second script repeats none', () => {
  writeFileSync(join(root, 'base.g2rl.json'), JSON.stringify({ ...short, ...scored, torch: { cpu: true } }));
  const file = join(root, 'helps.g2rl-study.json');
  const study = (seeds: number) =>
    writeFileSync(
      file,
      JSON.stringify({
        name: 'helps',
        experiment: 'base.g2rl.json',
        variants: { grpo: { engine: 'torch', 'method.name': 'grpo' }, g2rl: { engine: 'torch' } },
        seeds,
      }),
    );
  const make = () => run(['slurm', file, '--python', madeUp, '--runs', 'study-runs/runs']);
  const tasks = (script: string) => [...readFileSync(script, 'utf8').matchAll(/^ {2}'.*# \d+: (.*)$/gm)];
  study(1);
  const first = make();
  expect(first.status, first.stderr).toBe(0);
  const script = first.stdout.split('\n')[0]!;
  expect(tasks(script).map(([, label]) => label)).toEqual(['grpo, seed 0', 'g2rl, seed 0']);
  expect(readdirSync(join(root, 'study-runs/runs'))).toHaveLength(2);
  study(2);
  const second = make();
  expect(second.stdout).toBe(first.stdout);
  expect(tasks(script)).toHaveLength(4);
  expect(readdirSync(join(root, 'study-runs/runs'))).toHaveLength(4);
  const status = run(['study', 'status', file, '--json', '--runs', 'study-runs/runs']);
  expect(JSON.parse(status.stdout)).toMatchObject({ runs: 4, finished: 0 });
});

test('what the torch engine cannot do is said before the script is written', () => {
  const made = makeScript(madeUp, { rollout: { groupSize: 1 } });
  expect(made.status).toBe(1);
  expect(made.stderr).toContain('rollout.groupSize: the torch engine needs groups of at least 2');
});

test('a job whose Python does not start ends its run as failed, also when it was stopped before', async () => {
  const directory = makeRun(madeUp, { cpu: true });
  replacePython(directory, join(root, 'no-such-python'));
  const first = submit(directory);
  expect(first.status).toBe(127);
  const status = statusSchema.parse(await readStatus(directory));
  expect(status).toMatchObject({ state: 'failed', step: 0, checkpointStep: null });
  expect(status.error?.message).toBe('The batch job ended with exit code 127.');
  expect(status.error?.hint).toContain(`slurm-${process.pid}.txt`);
  expect(await stateOf(directory)).toBe('failed');

  const stopped = { ...status, state: 'stopped', step: 7, totalSteps: 20, checkpointStep: 5, error: null };
  writeFileSync(join(directory, 'status.json'), JSON.stringify(stopped, null, 2));
  submit(directory);
  expect(statusSchema.parse(await readStatus(directory))).toMatchObject({
    state: 'failed',
    step: 7,
    totalSteps: 20,
    checkpointStep: 5,
  });
});

test("what the processes of a job say last goes before the job's own word", async () => {
  const directory = makeRun(madeUp, { cpu: true });
  // They fail with a reason of theirs, and say so as Python does.
  const error = { message: 'The policy burst.', hint: 'Glue it.' };
  const said = { ...initialStatus(), state: 'failed', error };
  writeFileSync(join(root, 'said.json'), JSON.stringify(said, null, 2));
  replacePython(directory, program('fails', `cp "${join(root, 'said.json')}" "$RUN/status.json"\nexit 1`));
  expect(submit(directory).status).toBe(1);
  expect(await readStatus(directory)).toMatchObject({ state: 'failed', error });
});

test('a job that is asked to stop waits for its processes', async () => {
  const directory = makeRun(madeUp, { cpu: true });
  // It asks the job, as the scheduler does before the time is up; then ends well.
  replacePython(
    directory,
    program(
      'asks',
      'kill -USR1 "$JOB_PID"\nuntil test -e "$RUN/control/stop"; do sleep 0.1; done\nsleep 0.5\necho asked > "$RUN/asked"',
    ),
  );
  const job = submit(directory);
  expect(job.status, job.stderr).toBe(0);
  expect(existsSync(join(directory, 'asked'))).toBe(true);
});

test.for<[string, object, string, Partial<Launch>]>([
  ['one process', {}, '1', { num_processes: 1, num_machines: 1, multi_gpu: true, gpu_ids: 'all' }],
  [
    'several machines',
    { nodes: 2, processes: 4 },
    '2',
    { num_processes: 8, num_machines: 2, multi_gpu: true },
  ],
  [
    'FSDP 2',
    { nodes: 2, processes: 4, accelerateConfig: 'fsdp.yaml' },
    '2',
    { num_processes: 8, num_machines: 2, use_fsdp: true, fsdp_version: 2, multi_gpu: false },
  ],
  [
    'ZeRO 3',
    { nodes: 2, processes: 4, accelerateConfig: 'deepspeed.yaml' },
    '2',
    { num_processes: 8, use_deepspeed: true, zero_stage: 3, deepspeed_multinode_launcher: 'standard' },
  ],
])('a batch script of %s is understood by accelerate', async ([, torch, machines, expected], context) => {
  const python = requirePython(context);
  const directory = makeRun(madeUp, torch);
  const words = join(directory, 'words.json');
  const teller = `import json, os, sys; json.dump([os.getcwd(), os.environ["SRUN_CPUS_PER_TASK"], *sys.argv[1:]], open(os.environ["WORDS"], "w"))`;
  replacePython(directory, program('tells', `exec "${python}" -c '${teller}' "$@"`));
  const job = submit(directory, { SLURM_NNODES: machines, WORDS: words });
  expect(job.status, job.stderr + logOf(directory)).toBe(0);
  const [folder, processors, ...told] = JSON.parse(readFileSync(words, 'utf8')) as string[];
  expect(folder).toBe('accelerateConfig' in torch ? root : directory);
  expect(processors).toBe('4');
  accelerate ??= new AccelerateParser(python, join(root, 'home'));
  expect(await accelerate.launchOf(told.slice(2))).toMatchObject(expected);
});

test('a run of a script is resumed by the script, and evaluated here', async (context) => {
  const python = requirePython(context);
  const directory = makeRun(madeUp, { cpu: true, nodes: 2, processes: 4 });
  const resumed = run(['resume', directory, '--python', madeUp]);
  expect(resumed.status).toBe(1);
  expect(resumed.stderr).toContain(`Submit ${join(directory, 'train.sbatch')} again`);

  const checkpoint = join(directory, 'checkpoints/step-000001');
  cpSync(join(root, 'policy'), checkpoint, { recursive: true });
  const words = ['--benchmark', 'countdown-test', '--samples', '2', '--limit', '2', '--max-new-tokens', '8'];
  const evaluated = run(['evaluate', checkpoint, ...words, '--python', python, '--json']);
  expect(evaluated.status, evaluated.stderr).toBe(0);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ step: 1, problems: 2, samples: 2 });
});

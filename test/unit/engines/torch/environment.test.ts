import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type GpuReport, parseGpus } from '../../../../src/engines/nvidia/gpus.js';
import {
  type InterpreterReport,
  probeInterpreter,
  type TorchReport,
} from '../../../../src/engines/torch/environment/probe.js';
import { type EnvironmentReport, judge } from '../../../../src/engines/torch/environment/report.js';
import { readRequirements, satisfies } from '../../../../src/engines/torch/environment/requirements.js';
import { chooseEngine } from '../../../../src/engines/torch/plan/choose-engine.js';
import { EnvironmentError, planTorch } from '../../../../src/engines/torch/plan/plan.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { scratch } from '../../../scratch.js';

const packageFolder = resolve('src/torch');
const requirements = readRequirements(packageFolder);

const h100 = { name: 'NVIDIA H100 80GB HBM3', bytes: 80 * 2 ** 30 };
const cuda: TorchReport = { build: '13.0', available: true, gpus: [h100, h100], reason: null };
const cpuBuild: TorchReport = { build: null, available: false, gpus: [], reason: null };
const fitting: Record<string, string> = {
  accelerate: '1.15.0',
  datasets: '5.2.0',
  'math-verify': '0.9.0',
  'mini-racer': '0.14.1',
  'nvidia-ml-py': '13.6',
  peft: '0.21.2',
  torch: '2.13.0+cu130',
  transformers: '5.23.0',
  trl: '1.16.2',
};

function report(
  torch: TorchReport,
  changes: Record<string, string | null> = {},
  version = '3.12.4',
  gpus: Partial<GpuReport> = {},
): EnvironmentReport {
  const interpreter: InterpreterReport = {
    path: '/opt/python',
    source: 'test',
    python: {
      executable: '/opt/python',
      version,
      virtual: true,
      prefix: '/opt',
      freeBytes: 2 ** 40,
      packages: { ...fitting, ...changes },
    },
    torch,
  };
  return judge({
    interpreter,
    interpreters: [interpreter],
    packages: requirements,
    gpus: {
      ...parseGpus(
        '0, NVIDIA H100 80GB HBM3, 81559, 81000, 580.65.06\n1, NVIDIA H100 80GB HBM3, 81559, 500, 580.65.06\n',
      ),
      ...gpus,
    },
    freeBytes: 2 ** 40,
    ownEnvironment: '/home/someone/environment',
    uv: null,
  });
}

const experiment = (changes: object = {}) => experimentSchema.parse({ engine: 'torch', ...changes });

describe('versions', () => {
  test.each([
    ['2.13.0+cpu', '>=2.7', true],
    ['2.6.1', '>=2.7', false],
    ['5.15', '>=5.15,<6', true],
    ['6.0.0', '>=5.15,<6', false],
    ['0.10.1', '>=0.9,<0.10', false],
    ['1.16.0.dev0', '>=1.16,<1.17', true],
    ['3.9.20', '>=3.10', false],
    ['1.0.0', '==1', true],
    ['1.0.1', '>1.0,<=1.0.1', true],
  ])('%s for %s: %s', (version, specifier, fits) => {
    expect(satisfies(version, specifier)).toBe(fits);
  });

  test('every line of requirements.txt is one that can be judged', () => {
    expect(requirements.map(({ name }) => name)).toEqual(Object.keys(fitting));
    for (const { name, specifier } of requirements) expect(satisfies(fitting[name]!, specifier)).toBe(true);
  });
});

describe('judging', () => {
  test.each<[string, EnvironmentReport, RegExp, boolean, boolean]>([
    [
      'no interpreter',
      judge({ ...report(cuda), interpreter: null, interpreters: [], packages: requirements }),
      /No Python/,
      false,
      false,
    ],
    ['an old Python', report(cuda, {}, '3.9.2'), /3\.9\.2/, false, false],
    ['a missing package', report(cuda, { peft: null }), /lacks peft/, false, true],
    [
      'another version',
      report(cuda, { trl: '1.18.2' }),
      /trl 1\.18\.2 \(needs >=1\.16,<1\.17\)/,
      false,
      true,
    ],
    ['a torch that does not load', report({ error: 'OSError: libcudart.so.13' }), /libcudart/, false, true],
    ['a build without CUDA', report(cpuBuild, { torch: '2.13.0+cpu' }), /build without CUDA/, true, true],
    [
      'a driver too old',
      report({ build: '13.0', available: false, gpus: [], reason: 'The NVIDIA driver is too old' }),
      /driver is too old/,
      true,
      false,
    ],
  ])('%s', (_name, found, message, usable, installs) => {
    expect(found).toMatchObject({ usable, cuda: false });
    const [problem] = found.problems;
    expect(problem?.message).toMatch(message);
    expect(problem?.hint).not.toBe('');
    expect(problem?.installs).toBe(installs);
    expect(found.installs).toBe(installs);
    expect(chooseEngine(found)).toMatchObject({ engine: 'embedded' });
    expect(chooseEngine(found).reason).toContain(problem!.message);
  });

  test('a build that the driver cannot run comes with the command for one that it runs', () => {
    const cannot: TorchReport = { build: '13.0', available: false, gpus: [], reason: 'too old' };
    const on = (driver: string) => report(cannot, {}, '3.12.4', { driver });
    const [problem] = on('550.54.14').problems;
    expect(problem?.message).toBe(
      'torch is built for CUDA 13.0, which needs driver 580 or newer; NVIDIA H100 80GB HBM3 has driver 550.54.14.',
    );
    expect(problem?.hint).toContain(
      '/opt/python -m pip install --force-reinstall --index-url https://download.pytorch.org/whl/cu126 torch',
    );
    expect(on('550.54.14').installs).toBe(true);
    expect(on('570.86.10').problems[0]?.hint).toContain('/whl/cu128 torch');
    expect(on('470.57.02').installs).toBe(false);
    expect(on('470.57.02').problems[0]?.hint).toContain('525.60.13');
    const withUv = judge({ ...on('570.86.10'), packages: requirements, uv: '/usr/bin/uv' });
    expect(withUv.problems[0]?.hint).toContain(
      'uv pip install --python /opt/python --torch-backend=cu128 --reinstall-package torch torch',
    );
  });

  test('the hint for a build without CUDA names the one that the driver runs', () => {
    const found = report(cpuBuild, { torch: '2.13.0+cpu' }, '3.12.4', { driver: '570.86.10' });
    expect(found.problems[0]?.hint).toMatch(/a build for CUDA 12\.8\. By hand: .*cu128/);
  });

  test.each([
    ['Failed to initialize NVML: Driver/library version mismatch', /Restart the machine/],
    ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", /not loaded/],
    ['No devices were found', /container/],
    ['There is no nvidia-smi.', /install its driver/],
  ])('without a GPU it says what helps: %s', (said, remedy) => {
    const found = report({ ...cpuBuild, build: '13.0' }, {}, '3.12.4', {
      gpus: [],
      driver: null,
      problem: said,
    });
    expect(found.problems[0]?.message).toContain(said.replace(/\.$/, ''));
    expect(found.problems[0]?.hint).toMatch(remedy);
  });

  test.each(['', '-1'])('GPUs that CUDA_VISIBLE_DEVICES "%s" hides are not missed', (visible) => {
    const found = report(cpuBuild, { torch: '2.13.0+cpu' }, '3.12.4', { visible });
    expect(found.installs).toBe(false);
    expect(found.problems[0]?.message).toContain(`CUDA_VISIBLE_DEVICES is "${visible}"`);
    const wrong = { build: '13.0', available: false, gpus: [], reason: 'No CUDA GPUs are available' };
    expect(report(wrong, {}, '3.12.4', { visible: '7' }).problems[0]?.hint).toContain('Unset that variable');
  });

  test('uv makes an environment where no Python could', () => {
    const old = report(cuda, {}, '3.9.2');
    expect(old).toMatchObject({ base: null, installs: false });
    for (const interpreter of [null, old.interpreter]) {
      const found = judge({
        ...old,
        interpreter,
        interpreters: interpreter ? [interpreter] : [],
        packages: requirements,
        uv: '/usr/bin/uv',
      });
      expect(found).toMatchObject({ usable: false, installs: true, base: null });
      expect(found.problems[0]?.hint).toContain('a Python from uv');
    }
  });

  test('packages that only some experiments need are shown, and are no problem', () => {
    const found = report(cuda, { deepspeed: '0.19.8' });
    expect(found.problems).toEqual([]);
    expect(found.optional).toEqual([
      {
        name: 'vllm',
        installed: null,
        lacks: [],
        purpose: 'experiments with torch.vllm',
        command: '/opt/python -m pip install "trl[vllm]"',
      },
      expect.objectContaining({ name: 'deepspeed', installed: '0.19.8' }),
    ]);
  });

  test('one of them that lacks what it needs keeps every run from starting, and is told of', () => {
    const found = report(cuda, { vllm: '0.24.0' });
    const python = {
      ...found.interpreter!.python!,
      unmet: { vllm: ['xgrammar', 'torch==2.11.0'], trl: ['x'] },
    };
    const interpreter = { ...found.interpreter!, python };
    const broken = judge({ ...found, interpreter, packages: requirements });
    expect(broken).toMatchObject({ usable: true, cuda: true, installs: false });
    expect(broken.problems).toHaveLength(1);
    const [{ severity, message, hint } = {}] = broken.problems;
    expect(severity).toBe('warning');
    expect(message).toContain('vllm 0.24.0 lacks dependencies: xgrammar, torch==2.11.0.');
    expect(hint).toContain('/opt/python -m pip install "trl[vllm]"');
    expect(hint).toContain('/opt/python -m pip uninstall vllm');
    const withUv = judge({ ...found, interpreter, packages: requirements, uv: '/usr/bin/uv' });
    expect(withUv.problems[0]?.hint).toContain('uv pip uninstall --python /opt/python vllm');
  });

  test('what works has no problem, and auto takes it', () => {
    expect(report(cuda)).toMatchObject({ usable: true, cuda: true, problems: [] });
    expect(chooseEngine(report(cuda))).toEqual({
      engine: 'torch',
      reason: 'The torch engine can use NVIDIA H100 80GB HBM3.',
    });
  });
});

describe('an interpreter', () => {
  test('that does not start is told of', async () => {
    const broken = join(scratch('python'), 'python');
    writeFileSync(broken, '#!/bin/sh\necho "cannot find encodings" >&2\nexit 1\n', { mode: 0o755 });
    const found = await probeInterpreter({ path: broken, source: 'test' }, packageFolder, ['torch']);
    expect(found.python).toBeNull();
    expect(found.torch).toEqual({ error: 'cannot find encodings' });
    const absent = await probeInterpreter({ path: `${broken}3`, source: 'test' }, packageFolder, ['torch']);
    expect(absent.torch).toEqual({ error: 'there is no such file' });
  });
});

describe('a plan', () => {
  test('names interpreter, device and versions', () => {
    expect(planTorch(experiment({ torch: { processes: 2 } }), report(cuda))).toMatchObject({
      python: '/opt/python',
      device: 'NVIDIA H100 80GB HBM3 × 2',
      versions: { python: '3.12.4', torch: '2.13.0+cu130', trl: '1.16.2', 'nvidia-driver': '580.65.06' },
      warnings: [],
    });
  });

  test.each<[string, object, EnvironmentReport, RegExp, string | undefined]>([
    ['no environment', {}, report(cuda, { trl: null }), /lacks trl/, 'setup'],
    ['several machines', { torch: { nodes: 2 } }, report(cuda), /torch\.nodes.*Slurm/s, 'new-script'],
    [
      'too few GPUs',
      { torch: { processes: 4 } },
      report(cuda),
      /torch\.processes: 4.*to 2 at most/s,
      undefined,
    ],
  ])('is refused: %s', (_name, changes, found, message, remedy) => {
    try {
      planTorch(experiment(changes), found);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(EnvironmentError);
      const { message: text, hint, remedy: offered } = error as EnvironmentError;
      expect(`${text}\n${hint}`).toMatch(message);
      expect(offered?.kind).toBe(remedy);
    }
  });

  test('names the variable that hides GPUs', () => {
    const one: TorchReport = { build: '13.0', available: true, gpus: [h100], reason: null };
    const found = report(one, {}, '3.12.4', { visible: '1' });
    expect(() => planTorch(experiment({ torch: { processes: 2 } }), found)).toThrow(
      'CUDA_VISIBLE_DEVICES is "1", which leaves 1 of the 2 of this machine',
    );
    // It is no reason where all are shown.
    expect(() =>
      planTorch(experiment({ torch: { processes: 4 } }), report(cuda, {}, '3.12.4', { visible: '0,1' })),
    ).toThrow('this machine has 2');
  });

  test('warns of packages that this experiment needs and that are not there', () => {
    const config = join(scratch('accelerate'), 'zero.yaml');
    writeFileSync(config, 'distributed_type: DEEPSPEED\n');
    const settings = { policy: '/no/policy', torch: { vllm: {}, accelerateConfig: config } };
    const { warnings } = planTorch(experiment(settings), report(cuda));
    expect(warnings).toEqual([
      expect.stringMatching(/needs vllm, which is not installed\. Install it: .*trl\[vllm\]/),
      expect.stringMatching(/needs deepspeed/),
    ]);
    const complete = report(cuda, { vllm: '0.30.0', deepspeed: '0.19.8' });
    expect(planTorch(experiment(settings), complete).warnings).toEqual([]);
    expect(planTorch(experiment(), report(cuda)).warnings).toEqual([]);
    // accelerate writes this key into configurations of other kinds, too.
    writeFileSync(config, 'deepspeed_config: {}\ndistributed_type: FSDP\n');
    const sharded = { policy: '/no/policy', torch: { accelerateConfig: config } };
    expect(planTorch(experiment(sharded), report(cuda)).warnings).toEqual([]);
  });

  test('says when it has no GPU, unless that is wanted', () => {
    const found = report(cpuBuild, { torch: '2.13.0+cpu' });
    expect(planTorch(experiment(), found).warnings).toHaveLength(1);
    expect(planTorch(experiment({ torch: { cpu: true } }), found).warnings).toEqual([]);
  });

  test('says what does not fit into the memory, and why', () => {
    const long = { policy: 'Qwen/Qwen3-8B-Base', rollout: { maxNewTokens: 8192 } };
    expect(planTorch(experiment(long), report(cuda)).warnings[0]).toMatch(
      /: keys and values while sampling .*To use less: torch\.vllm/,
    );
    const large = { policy: 'Qwen/Qwen3-8B-Base', rollout: { maxNewTokens: 512, promptsPerStep: 4 } };
    const [warning] = planTorch(experiment(large), report(cuda)).warnings;
    expect(warning).toMatch(/may not fit: it takes about \d+ GiB: optimizer \(AdamW\) 61 GiB/);
    expect(warning).toContain('80 GiB');
    expect(warning).toContain('torch.lora');
    const small = { policy: 'Qwen/Qwen3-0.6B-Base', rollout: { maxNewTokens: 1024, promptsPerStep: 4 } };
    expect(planTorch(experiment(small), report(cuda)).warnings).toEqual([]);
    const greedy = { ...small, torch: { vllm: { gpuMemoryUtilization: 0.95 } } };
    expect(planTorch(experiment(greedy), report(cuda)).warnings.at(-1)).toMatch(
      /vLLM .*To use less: a lower torch\.vllm\.gpuMemoryUtilization/,
    );
    // Fully sharded over the processes each has only a part.
    const config = join(scratch('accelerate'), 'fsdp.yaml');
    writeFileSync(config, 'distributed_type: FSDP\n');
    const sharded = {
      ...large,
      torch: { processes: 2, accelerateConfig: config },
    };
    const whole = { ...sharded, torch: { processes: 2 } };
    const size = (changes: object) =>
      Number(/about (\d+) GiB/.exec(planTorch(experiment(changes), report(cuda)).warnings[0]!)?.[1]);
    expect(size(sharded)).toBeLessThan(size(whole) * 0.7);
  });
});

test('the package has one list of requirements', () => {
  expect(readFileSync('src/torch/pyproject.toml', 'utf8')).toContain(
    'dependencies = { file = ["requirements.txt"] }',
  );
});

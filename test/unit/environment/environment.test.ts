import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chooseEngine } from '../../../src/environment/choose-engine.js';
import { parseGpus, queryGpus } from '../../../src/environment/gpus.js';
import { EnvironmentError, planTorch } from '../../../src/environment/plan.js';
import type { InterpreterReport, TorchReport } from '../../../src/environment/probe.js';
import { probeInterpreter } from '../../../src/environment/probe.js';
import { type EnvironmentReport, judge } from '../../../src/environment/report.js';
import { readRequirements, satisfies } from '../../../src/environment/requirements.js';
import { experimentSchema } from '../../../src/experiment/schema.js';

const packageFolder = resolve('src/torch');
const requirements = readRequirements(packageFolder);

const h100 = { name: 'NVIDIA H100 80GB HBM3', bytes: 80 * 2 ** 30 };
const cuda: TorchReport = { build: '13.0', available: true, gpus: [h100, h100], reason: null };
const cpuBuild: TorchReport = { build: null, available: false, gpus: [], reason: null };
const fitting: Record<string, string> = {
  accelerate: '1.15.0',
  datasets: '5.2.0',
  'math-verify': '0.9.0',
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
    gpus: parseGpus(
      '0, NVIDIA H100 80GB HBM3, 81559, 81000, 580.65.06\n1, NVIDIA H100 80GB HBM3, 81559, 500, 580.65.06\n',
    ),
    freeBytes: 2 ** 40,
    ownEnvironment: '/home/someone/environment',
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

describe('GPUs', () => {
  test('are read from nvidia-smi', () => {
    expect(report(cuda).gpus).toMatchObject({
      driver: '580.65.06',
      gpus: [
        { index: 0, memory: 81_559 * 2 ** 20 },
        { index: 1, free: 500 * 2 ** 20 },
      ],
    });
    expect(parseGpus('No devices were found\n')).toMatchObject({ gpus: [], driver: null });
  });

  test('a machine without the program has none', async () => {
    const { gpus, problem } = await queryGpus(join(tmpdir(), 'no-such-program'));
    expect(gpus).toEqual([]);
    expect(problem).toContain('no nvidia-smi');
  });
});

describe('judging', () => {
  test.each<[string, EnvironmentReport, RegExp, boolean, boolean]>([
    [
      'no interpreter',
      judge({ ...report(cuda), interpreter: null, packages: requirements }),
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
    expect(chooseEngine(found)).toMatchObject({ engine: 'embedded' });
    expect(chooseEngine(found).reason).toContain(problem!.message);
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
    const broken = join(mkdtempSync(join(tmpdir(), 'g2rl-python-')), 'python');
    writeFileSync(broken, '#!/bin/sh\necho "cannot find encodings" >&2\nexit 1\n', { mode: 0o755 });
    const found = await probeInterpreter({ path: broken, source: 'test' }, packageFolder, ['torch']);
    expect(found.python).toBeNull();
    expect(found.torch).toEqual({ error: 'cannot find encodings' });
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

  test.each<[string, object, EnvironmentReport, RegExp]>([
    ['no environment', {}, report(cuda, { trl: null }), /lacks trl.*Set Up GPU Engine/s],
    ['several machines', { torch: { nodes: 2 } }, report(cuda), /torch\.nodes.*Slurm/s],
    ['too few GPUs', { torch: { processes: 4 } }, report(cuda), /torch\.processes: 4.*to 2 at most/s],
  ])('is refused: %s', (_name, changes, found, message) => {
    try {
      planTorch(experiment(changes), found);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(EnvironmentError);
      const { message: text, hint } = error as EnvironmentError;
      expect(`${text}\n${hint}`).toMatch(message);
    }
  });

  test('says when it has no GPU, unless that is wanted', () => {
    const found = report(cpuBuild, { torch: '2.13.0+cpu' });
    expect(planTorch(experiment(), found).warnings).toHaveLength(1);
    expect(planTorch(experiment({ torch: { cpu: true } }), found).warnings).toEqual([]);
  });

  test('says what does not fit into the memory, and why', () => {
    const long = { policy: 'Qwen/Qwen3-8B-Base', rollout: { maxNewTokens: 8192 } };
    expect(planTorch(experiment(long), report(cuda)).warnings[0]).toMatch(
      /: keys and values while sampling .*What helps: torch\.vllm/,
    );
    const large = { policy: 'Qwen/Qwen3-8B-Base', rollout: { maxNewTokens: 512, promptsPerStep: 4 } };
    const [warning] = planTorch(experiment(large), report(cuda)).warnings;
    expect(warning).toMatch(/may not fit: it takes about \d+ GiB: optimizer \(AdamW\) 61 GiB/);
    expect(warning).toContain('80 GiB');
    expect(warning).toContain('torch.lora');
    const small = { policy: 'Qwen/Qwen3-0.6B-Base', rollout: { maxNewTokens: 1024, promptsPerStep: 4 } };
    expect(planTorch(experiment(small), report(cuda)).warnings).toEqual([]);
    const greedy = { ...small, torch: { vllm: { gpuMemoryUtilization: 0.95 } } };
    expect(planTorch(experiment(greedy), report(cuda)).warnings[0]).toMatch(
      /vLLM .*What helps: a lower torch\.vllm\.gpuMemoryUtilization/,
    );
    // Fully sharded over the processes each has only a part.
    const config = join(mkdtempSync(join(tmpdir(), 'g2rl-accelerate-')), 'fsdp.yaml');
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

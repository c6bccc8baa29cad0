import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inspectEnvironment } from '../../../../src/engines/torch/environment/report.js';
import { complete, Programs } from './programs.js';

const packageFolder = resolve('src/torch');

let programs: Programs;
let own: string;
let active: { path: string; source: string };

beforeEach(() => {
  programs = new Programs();
  vi.stubEnv('PATH', `${programs.path('bin')}:/usr/bin:/bin`);
  vi.stubEnv('XDG_DATA_HOME', programs.path('data'));
  vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
  vi.stubEnv('VIRTUAL_ENV', undefined);
  vi.stubEnv('CONDA_PREFIX', undefined);
  own = programs.path('data/g2rl-lab/torch-environment/bin/python');
  active = { path: programs.path('active/python'), source: 'active in the Python extension' };
  programs.python(programs.path('bin/python3'));
  programs.program(programs.path('bin/nvidia-smi'), 'echo "0, NVIDIA A100, 81559, 81000, 550.54.14"');
});
afterEach(() => vi.unstubAllEnvs());

const paths = ({ interpreters }: { interpreters: readonly { path: string }[] }) =>
  interpreters.map(({ path }) => path);

describe('looking for an interpreter', () => {
  test('goes on to the one that uses the GPU', async () => {
    programs.python(active.path, complete(false));
    programs.python(own, complete(true));
    const report = await inspectEnvironment(packageFolder, { active });
    expect(report.interpreter?.path).toBe(own);
    expect(report).toMatchObject({ cuda: true, installs: false, problems: [] });
  });

  test('takes the first that is complete where none uses the GPU', async () => {
    programs.python(active.path, complete(false));
    programs.python(own, complete(false));
    const report = await inspectEnvironment(packageFolder, { active });
    expect(report.interpreter?.path).toBe(active.path);
    expect(report).toMatchObject({ usable: true, cuda: false, installs: true });
  });

  test.each([
    ['there is no GPU', () => programs.program(programs.path('bin/nvidia-smi'), 'exit 9')],
    ['the GPU is hidden', () => vi.stubEnv('CUDA_VISIBLE_DEVICES', '')],
  ])('goes no further than one that is complete where %s', async (_name, prepare) => {
    prepare();
    programs.python(active.path, complete(false));
    programs.python(own, complete(true));
    const report = await inspectEnvironment(packageFolder, { active });
    expect(paths(report)).toEqual([active.path]);
  });

  test('takes the chosen one, GPU or not', async () => {
    programs.python(active.path, complete(false));
    programs.python(own, complete(true));
    const report = await inspectEnvironment(packageFolder, { chosen: active });
    expect(report.interpreter?.path).toBe(active.path);
    expect(paths(report)).toEqual([active.path]);
  });

  test('finds a Python to make an environment with where the chosen one is not there', async () => {
    const chosen = { path: programs.path('gone/python'), source: 'setting g2rl.python' };
    const report = await inspectEnvironment(packageFolder, { chosen });
    expect(report.interpreter?.path).toBe(chosen.path);
    expect(report).toMatchObject({ usable: false, installs: true, base: programs.path('bin/python3') });
    expect(report.problems[0]?.message).toBe(
      `${chosen.path} (setting g2rl.python) does not start: there is no such file.`,
    );
    expect(report.problems[0]?.hint).toContain(programs.path('bin/python3'));
  });

  test('makes it rather with one that is no environment itself', async () => {
    programs.python(active.path, { version: '3.9.2' });
    programs.python(own, { virtual: true });
    const report = await inspectEnvironment(packageFolder, { chosen: active });
    expect(report.base).toBe(programs.path('bin/python3'));
    expect(report.interpreter?.path).toBe(active.path);
  });

  test('asks for the packages that only some experiments need', async () => {
    programs.python(active.path, {
      ...complete(true),
      packages: { ...complete(false).packages, vllm: '0.30.0' },
    });
    const { optional } = await inspectEnvironment(packageFolder, { active });
    expect(optional).toMatchObject([
      { name: 'vllm', installed: '0.30.0' },
      { name: 'deepspeed', installed: null },
    ]);
  });
});

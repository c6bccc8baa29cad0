/** `g2rl setup` on machines that are made up. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { makeEnvironment } from '../../src/engines/torch/environment/make-environment.js';
import { complete, Programs } from '../unit/engines/torch/programs.js';
import { requirePython } from './python.js';
import { type Fixture, makeFixture } from './runs-fixture.js';

let fixture: Fixture;
let programs: Programs;

beforeAll(async () => {
  fixture = await makeFixture();
  mkdirSync(join(fixture.root, 'src'));
  symlinkSync(resolve('src/torch'), join(fixture.root, 'src/torch'));
});

beforeEach(() => {
  programs = new Programs();
  programs.python(programs.path('bin/python3'), {}, complete(true));
  programs.python(programs.path('.venv/bin/python'), complete(false));
  programs.program(programs.path('bin/nvidia-smi'), 'echo "0, NVIDIA GB10, [N/A], [N/A], 550.54.14"');
});

function setup(...parameters: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const environment: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${programs.path('bin')}:/usr/bin:/bin`,
    XDG_DATA_HOME: programs.path('data'),
  };
  for (const name of ['G2RL_PYTHON', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'CUDA_VISIBLE_DEVICES'])
    delete environment[name];
  return new Promise((done) => {
    execFile(
      process.execPath,
      [fixture.cliPath, 'setup', ...parameters],
      { cwd: programs.root, env: environment },
      (error, stdout, stderr) => done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

test('tells what would mend a torch without CUDA, and what only some experiments need', async () => {
  const { code, stdout } = await setup();
  expect(code).toBe(0);
  expect(stdout).toContain('is a build without CUDA, but this machine has NVIDIA GB10');
  expect(stdout).toContain('On the GPU: g2rl setup --install');
  expect(stdout).toContain('GPU 0: NVIDIA GB10, memory not known');
  expect(stdout).toMatch(
    /optional: vllm is not installed; needed for experiments with torch\.vllm: .*trl\[vllm\]/,
  );
  expect(programs.asked).toEqual([]);
});

test('--install makes an environment, though the engine starts', async () => {
  const { code, stdout, stderr } = await setup('--install');
  expect(stderr).toContain(`Installing into ${programs.path('data/g2rl-lab/torch-environment')}`);
  expect(programs.asked[0]).toContain('-m venv');
  expect(stdout).toContain('The torch engine is ready, on the GPU.');
  expect(code).toBe(0);
});

test('--install brings another torch into the environment that is there', async () => {
  programs.python(programs.path('data/g2rl-lab/torch-environment/bin/python'), complete(false));
  await setup('--install');
  expect(programs.asked[0]).toMatch(/whl\/cu126 .*--force-reinstall .*torch>=2\.7$/);
  expect(programs.asked[1]).toContain('requirements.txt');
});

test('--install --cpu leaves an engine that starts alone', async () => {
  const { code, stdout } = await setup('--install', '--cpu', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ usable: true, cuda: false, installs: true });
  expect(programs.asked).toEqual([]);
});

test('--install says where another Python is still named', async () => {
  const { stderr } = await setup('--install', '--python', programs.path('gone/python'));
  expect(stderr).toContain(`--python still points to ${programs.path('gone/python')}`);
  expect(programs.asked[0]).toContain('-m venv');
});

test('an environment whose pip is not there, or only in part, gets one', async (context) => {
  const base = requirePython(context);
  const environment = programs.path('environment');
  const make = () => makeEnvironment({ report: { base, uv: null }, environment, onLine: () => {} });
  const python = await make();
  const run = promisify(execFile);
  const { stdout } = await run(python, ['-c', 'import pip; print(pip.__path__[0])']);
  const pip = stdout.trim();
  for (const lost of [pip, join(pip, '_internal')]) {
    rmSync(lost, { recursive: true });
    await make();
    expect((await run(python, ['-m', 'pip', '--version'])).stdout).toContain(environment);
  }
});

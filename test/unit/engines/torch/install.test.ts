import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseGpus } from '../../../../src/engines/nvidia/gpus.js';
import {
  type InstallOptions,
  installEnvironment,
} from '../../../../src/engines/torch/environment/install.js';
import { InstallError } from '../../../../src/engines/torch/environment/install-error.js';
import { Programs, type PythonState } from './programs.js';

const packageFolder = resolve('src/torch');
const requirements = `-r ${packageFolder}/requirements.txt`;
const [withGpu, withoutGpu] = [parseGpus('0, NVIDIA A100, 81559, 81000, 550.54.14'), parseGpus('')];
const newDriver = parseGpus('0, NVIDIA A100, 81559, 81000, 580.65.06');

const works = { build: '12.6', available: true, gpus: [], reason: null };
const withoutCuda = { build: null, available: false, gpus: [], reason: null };
const tooNew = { build: '13.0', available: false, gpus: [], reason: 'The NVIDIA driver is too old' };
const complete = (torch: object): PythonState => ({ packages: { torch: '2.13.0' }, torch });

let programs: Programs;
beforeEach(() => {
  programs = new Programs();
});

/** Installs into a new environment, or into one that has `there`. @returns what was asked, shortened */
async function install(
  { there, made, ...report }: Partial<InstallOptions['report']> & { there?: PythonState; made?: PythonState },
  options: Partial<InstallOptions> = {},
): Promise<string[]> {
  const environment = programs.path('environment');
  const base = programs.python(programs.path('python3'), {}, made);
  if (there) {
    programs.python(programs.path('environment/bin/python'), { virtual: true, ...there });
    writeFileSync(programs.path('environment/pyvenv.cfg'), '');
  }
  await installEnvironment({
    report: { base, uv: null, gpus: withoutGpu, ...report },
    packageFolder,
    environment,
    onLine: () => {},
    ...options,
  });
  return programs.asked.map((line) =>
    line
      .replaceAll(programs.root, '')
      .replace('-m pip install --disable-pip-version-check --progress-bar=off', 'pip:')
      .replace(/uv pip install --python \/environment\/bin\/python/, 'uv:')
      .replace('https://download.pytorch.org/whl', '…')
      .replace(requirements, 'requirements'),
  );
}

async function failure(work: Promise<unknown>): Promise<InstallError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InstallError);
  return error as InstallError;
}

describe('a new environment', () => {
  test('takes what the index has where there is no GPU', async () => {
    expect(await install({})).toEqual(['-m venv /environment', 'pip: requirements']);
  });

  test('takes the torch that the driver runs', async () => {
    expect(await install({ gpus: withGpu })).toEqual([
      '-m venv /environment',
      'pip: --index-url …/cu126 --retries=1 torch>=2.7',
      'pip: requirements',
    ]);
  });

  test('takes another way where PyTorch’s index is not to be had', async () => {
    expect(await install({ gpus: withGpu, made: { refuses: 'index-url' } })).toEqual([
      '-m venv /environment',
      'pip: --index-url …/cu126 --retries=1 torch>=2.7',
      'pip: torch>=2.7,<2.11',
      'pip: requirements',
    ]);
  });

  test('without CUDA takes it where it lies', async () => {
    expect(await install({}, { cpu: true })).toEqual([
      '-m venv /environment',
      'pip: torch==2.13.0+cpu',
      'pip: requirements',
    ]);
  });

  test.each([
    ['[+]cpu', 'pip: --index-url …/cpu --retries=1 torch>=2.7'],
    ['[+]cpu|index-url', 'pip: torch==2.13.0'],
  ])('without CUDA looks elsewhere (%s)', async (refuses, expected) => {
    const asked = await install({ made: { refuses } }, { cpu: true });
    expect(asked.slice(-2)).toEqual([expected, 'pip: requirements']);
  });

  test('is still made where no torch without CUDA is to be had', async () => {
    const asked = await install({ made: { refuses: 'torch[=>]' } }, { cpu: true });
    expect(asked.at(-1)).toBe('pip: requirements');
  });

  test('of uv has pip in it, and the torch that the driver runs', async () => {
    const uv = programs.uv(programs.path('uv'));
    expect(await install({ uv, gpus: withGpu })).toEqual([
      'uv venv --seed --python /python3 /environment',
      'uv: --torch-backend=auto torch>=2.7',
      'uv: requirements',
    ]);
  });

  test('without CUDA, of uv', async () => {
    const uv = programs.uv(programs.path('uv'), {}, '[+]cpu');
    expect((await install({ uv }, { cpu: true })).slice(2)).toEqual([
      'uv: --torch-backend=cpu torch>=2.7',
      'uv: requirements',
    ]);
  });

  test('gets its Python from uv where there is none', async () => {
    const uv = programs.uv(programs.path('uv'));
    expect((await install({ uv, base: null }))[0]).toBe('uv venv --seed --python 3.12 /environment');
    const { message, hint } = await failure(
      install({ base: null }, { environment: programs.path('another') }),
    );
    expect(message).toContain('No Python 3.10 or newer');
    expect(hint).toContain('uv');
  });

  test('is not made over a folder that is none', async () => {
    mkdirSync(programs.path('environment'));
    expect((await failure(install({}))).message).toContain('is not a virtual environment');
  });
});

describe('an environment that is there', () => {
  test('with everything only has its requirements checked', async () => {
    expect(await install({ gpus: withGpu, there: complete(works) })).toEqual(['pip: requirements']);
    expect(existsSync(programs.path('environment/bin/python'))).toBe(true);
  });

  test.each([
    ['without CUDA', complete(withoutCuda), '--no-deps'],
    ['for a newer driver', complete(tooNew), '--no-deps'],
  ])('gets another torch for the one %s', async (_name, there, flag) => {
    expect(await install({ gpus: withGpu, there })).toEqual([
      `pip: --index-url …/cu126 --retries=1 --force-reinstall ${flag} torch>=2.7`,
      'pip: requirements',
    ]);
  });

  test('gets the ordinary torch anew where that is the right one', async () => {
    expect(await install({ gpus: newDriver, there: complete(withoutCuda) })).toEqual([
      'pip: --force-reinstall --no-deps torch>=2.7',
      'pip: requirements',
    ]);
  });

  test('gets a torch that does not load anew, with its libraries', async () => {
    expect(await install({ there: complete({ error: 'OSError: libcudart.so.13' }) })).toEqual([
      'pip: --force-reinstall torch>=2.7',
      'pip: requirements',
    ]);
  });

  test('is mended by uv as well', async () => {
    const uv = programs.uv(programs.path('uv'));
    expect((await install({ uv, gpus: withGpu, there: complete(withoutCuda) }))[0]).toBe(
      'uv: --torch-backend=auto --reinstall-package torch torch>=2.7',
    );
  });

  test('keeps a torch without CUDA that is wanted, or that no other would better', async () => {
    const gpus = parseGpus('0, NVIDIA K80, 11441, 11000, 470.57.02');
    expect(await install({ gpus: withGpu, there: complete(withoutCuda) }, { cpu: true })).toEqual([
      'pip: requirements',
    ]);
    expect((await install({ gpus, there: complete(withoutCuda) })).slice(1)).toEqual(['pip: requirements']);
  });

  test('says so when it cannot be mended', async () => {
    const there = { ...complete(withoutCuda), refuses: 'torch>=' };
    const { message, hint } = await failure(install({ gpus: newDriver, there }));
    expect(message).toContain('No matching distribution');
    expect(hint).toContain(`delete ${programs.path('environment')}`);
  });

  test('gets its pip when it has none', async () => {
    expect(await install({ there: { lacks: ['pip'] } })).toEqual([
      '-m ensurepip --upgrade',
      'pip: requirements',
    ]);
    const { message } = await failure(install({ there: { lacks: ['pip', 'ensurepip'] } }));
    expect(message).toContain('has no pip');
  });

  test('needs no pip where there is uv', async () => {
    const uv = programs.uv(programs.path('uv'));
    expect(await install({ uv, there: { lacks: ['pip'] } })).toEqual(['uv: requirements']);
  });
});

test('the torch that is looked for is the one of the requirements', () => {
  expect(readFileSync(`${packageFolder}/requirements.txt`, 'utf8')).toMatch(/^torch>=2\.7$/m);
});

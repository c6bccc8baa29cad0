import { describe, expect, test } from 'vitest';
import { parseGpus } from '../../../../src/engines/nvidia/gpus.js';
import { torchCommand } from '../../../../src/engines/torch/environment/install-commands.js';
import { runs, type TorchWish, torchSources } from '../../../../src/engines/torch/environment/torch-build.js';

const machine = (driver: string | null) =>
  parseGpus(driver === null ? '' : `0, NVIDIA A100, 81559, 81000, ${driver}`);

const wish = (driver: string | null, changes: Partial<TorchWish> = {}): TorchWish => ({
  specifier: '>=2.7',
  cpu: false,
  gpus: machine(driver),
  uv: false,
  platform: 'linux',
  ...changes,
});

describe('the build of torch', () => {
  test.each<[string, TorchWish, [requirement: string, build: string | null][]]>([
    ['a driver for CUDA 13: the ordinary one', wish('580.65.06'), [['torch>=2.7', null]]],
    [
      'on Windows the ordinary one has no CUDA',
      wish('580.65.06', { platform: 'win32' }),
      [
        ['torch>=2.7', 'cu130'],
        ['torch>=2.7', null],
      ],
    ],
    [
      'a driver for CUDA 12 that may drive Blackwell',
      wish('570.86.10'),
      [
        ['torch>=2.7', 'cu128'],
        ['torch>=2.7,<2.11', null],
      ],
    ],
    [
      'an older driver for CUDA 12',
      wish('535.183.01'),
      [
        ['torch>=2.7', 'cu126'],
        ['torch>=2.7,<2.11', null],
      ],
    ],
    ['a driver before CUDA 12', wish('470.57.02'), []],
    ['no GPU', wish(null), []],
    [
      'uv looks at the driver itself',
      wish('550.54.14', { uv: true }),
      [
        ['torch>=2.7', 'auto'],
        ['torch>=2.7,<2.11', null],
      ],
    ],
    ['uv would take one without CUDA where it sees no GPU', wish(null, { uv: true }), []],
    [
      'without CUDA, wherever it lies',
      wish('580.65.06', { cpu: true }),
      [
        ['torch==2.13.0+cpu', null],
        ['torch>=2.7', 'cpu'],
        ['torch==2.13.0', null],
      ],
    ],
  ])('%s', (_name, wanted, expected) => {
    expect(torchSources(wanted)).toEqual(expected.map(([requirement, build]) => ({ requirement, build })));
  });

  test.each([
    ['580.65.06', '13.0', true],
    ['580.65.06', '12.6', true],
    ['570.86.10', '13.0', false],
    ['535.183.01', '12.8', true],
    ['470.57.02', '12.8', false],
    ['470.57.02', '6.4.43484', true],
    [null, '13.0', true],
  ])('driver %s, built for %s: %s', (driver, cuda, able) => {
    expect(runs(driver, cuda)).toBe(able);
  });
});

describe('the command', () => {
  const [pip, uv] = [
    { python: '/e/python', uv: null },
    { python: '/e/python', uv: '/b/uv' },
  ];
  const source = { requirement: 'torch>=2.7', build: 'cu128' };
  const line = (...parameters: Parameters<typeof torchCommand>) => torchCommand(...parameters).join(' ');

  test('of pip', () => {
    const start = '/e/python -m pip install --disable-pip-version-check --progress-bar=off';
    const index = '--index-url https://download.pytorch.org/whl/cu128 --retries=1';
    expect(line(pip, source, 'missing')).toBe(`${start} ${index} torch>=2.7`);
    expect(line(pip, source, 'unfit')).toBe(`${start} ${index} --force-reinstall --no-deps torch>=2.7`);
    expect(line(pip, { ...source, build: null }, 'damaged')).toBe(`${start} --force-reinstall torch>=2.7`);
  });

  test('of uv', () => {
    const start = '/b/uv pip install --python /e/python';
    expect(line(uv, source, 'missing')).toBe(`${start} --torch-backend=cu128 torch>=2.7`);
    expect(line(uv, source, 'unfit')).toBe(
      `${start} --torch-backend=cu128 --reinstall-package torch torch>=2.7`,
    );
    expect(line(uv, { ...source, build: null }, 'damaged')).toBe(`${start} --reinstall torch>=2.7`);
  });
});

import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeGpu, hasGpu, parseGpus, queryGpus } from '../../../../src/engines/nvidia/gpus.js';
import { scratch } from '../../../scratch.js';

/** A program in place of nvidia-smi. */
function program(script: string): string {
  const file = join(scratch('smi'), 'nvidia-smi');
  writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

const h100 = 'NVIDIA H100 80GB HBM3';

describe('GPUs', () => {
  test('are read from nvidia-smi', () => {
    expect(parseGpus(`0, ${h100}, 81559, 81000, 580.65.06\n1, ${h100}, 81559, 500, 580.65.06\n`)).toEqual({
      driver: '580.65.06',
      problem: null,
      visible: null,
      gpus: [
        { index: 0, name: h100, memory: 81_559 * 2 ** 20, free: 81_000 * 2 ** 20 },
        { index: 1, name: h100, memory: 81_559 * 2 ** 20, free: 500 * 2 ** 20 },
      ],
    });
    expect(parseGpus('No devices were found\n')).toMatchObject({
      gpus: [],
      driver: null,
      problem: 'nvidia-smi: No devices were found',
    });
  });

  test.each([
    ['memory that is shared with the processor', '0, NVIDIA GB10, [N/A], [N/A], 580.95.05', null, null],
    [
      'memory that this user may not ask for',
      `0, ${h100}, [Insufficient Permissions], [Insufficient Permissions], 570.86.10`,
      null,
      null,
    ],
    // The card of MIG instances tells its size, and not what is free.
    ['a card in MIG mode', `0, ${h100}, 81559, [N/A], 570.86.10`, 81_559 * 2 ** 20, null],
  ])('%s', (_name, line, memory, free) => {
    const { gpus, problem } = parseGpus(line);
    expect(problem).toBeNull();
    expect(gpus).toMatchObject([{ memory, free }]);
  });

  test('whose memory is not known say so', () => {
    expect(describeGpu(parseGpus('0, NVIDIA GB10, [N/A], [N/A], 580.95.05').gpus[0]!)).toBe(
      'NVIDIA GB10, memory not known',
    );
    expect(describeGpu(parseGpus(`0, ${h100}, 81559, 5, 580.1`).gpus[0]!)).toBe(`${h100}, 80 GiB`);
  });

  test('a machine without the program has none', async () => {
    const { gpus, problem } = await queryGpus(join(tmpdir(), 'no-such-program'));
    expect(gpus).toEqual([]);
    expect(problem).toContain('no nvidia-smi');
  });

  test('the reason is read from standard output', async () => {
    const mismatch = program(
      'echo "Failed to initialize NVML: Driver/library version mismatch"; echo "NVML library version: 580.95"; exit 18',
    );
    expect(await queryGpus(mismatch)).toMatchObject({
      gpus: [],
      problem:
        'nvidia-smi: Failed to initialize NVML: Driver/library version mismatch. NVML library version: 580.95',
    });
    expect((await queryGpus(program('echo broken >&2; exit 9'))).problem).toBe('nvidia-smi: broken');
    expect((await queryGpus(program('exit 9'))).problem).toBe('nvidia-smi: exit code 9');
  });

  test('one bad card does not take the others away', async () => {
    const lines = [
      'Unable to determine the device handle for GPU0: 0000:41:00.0: Unknown Error',
      `1, ${h100}, 81559, 81000, 580.65.06`,
      '2, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]',
    ];
    const smi = program(`${lines.map((line) => `echo "${line}"`).join('; ')}; exit 15`);
    const found = await queryGpus(smi);
    expect(found).toMatchObject({ driver: '580.65.06', gpus: [{ index: 1, name: h100 }] });
    expect(found.problem).toMatch(/GPU0.*Unknown Error.*GPU 2: \[GPU is lost\]/);
  });

  test('that are hidden are known to be', async () => {
    const smi = program(`echo "0, ${h100}, 81559, 81000, 580.65.06"`);
    const shown = (visible?: string) =>
      queryGpus(smi, visible === undefined ? {} : { CUDA_VISIBLE_DEVICES: visible });
    expect((await shown()).visible).toBeNull();
    expect(hasGpu(await shown())).toBe(true);
    expect((await shown('0')).visible).toBe('0');
    expect(hasGpu(await shown('GPU-5a2f'))).toBe(true);
    for (const visible of [' 0', '0,9,1', '0,-1', 'MIG-5a2f'])
      expect(hasGpu(await shown(visible))).toBe(true);
    for (const nothing of ['', ' ', '-1', '9', '9,0', 'none', '0,0', '0,00,9']) {
      expect(hasGpu(await shown(nothing))).toBe(false);
    }
  });
});

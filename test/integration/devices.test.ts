/** Runs on a GPU's driver that computes on the processor, without a driver, and on one that ends the process. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { softwareGpu } from '../../scripts/lib/debian.mjs';
import type { RunManifest } from '../../src/runs/protocol/schema.js';
import { scratch } from '../scratch.js';
import { exitOf, makeRun, readStatus, trainerPath } from './trainer.js';

const small = {
  rollout: { promptsPerStep: 2, groupSize: 2, maxNewTokens: 4 },
  optimization: { steps: 2, learningRate: 1e-3 },
  evaluation: { benchmarks: [] },
};

interface Ended {
  code: number | string;
  log: string;
  manifest: RunManifest;
  status: ReturnType<typeof readStatus>;
  cache: string;
}

const manifestOf = (directory: string): RunManifest =>
  JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunManifest;

async function train(
  directory: string,
  environment: Record<string, string>,
  request: object = {},
  cache = scratch('cache'),
): Promise<Ended> {
  const child = spawn(process.execPath, [trainerPath, 'run', JSON.stringify({ directory, ...request })], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, G2RL_CACHE: cache, ...environment },
  });
  let log = '';
  child.stdout.on('data', (data: Buffer) => {
    log += data.toString();
  });
  const code = await exitOf(child);
  return { code, log, manifest: manifestOf(directory), status: readStatus(directory), cache };
}

const noDriver = { VK_DRIVER_FILES: '/nonexistent.json', VK_ICD_FILENAMES: '/nonexistent.json' };
const texts = (log: string) => log.replace(/^\S+ /gm, '').replace(/[\d.]+ s$/gm, '');

describe('without a driver', () => {
  test('a run is as on the processor, and nothing is said or tested', async () => {
    const auto = await train(makeRun({ ...small, device: 'auto' }), noDriver);
    const processor = await train(makeRun({ ...small, device: 'cpu' }), noDriver);
    expect(auto.status?.state).toBe('finished');
    expect(texts(auto.log)).toBe(texts(processor.log));
    expect(auto.manifest.device).toBe('CPU, 1 thread');
    expect(existsSync(join(auto.cache, 'devices.json'))).toBe(false);
  });

  test('the GPU that was asked for is refused before anything is computed', async () => {
    const { code, status } = await train(makeRun({ ...small, device: 'webgpu' }), noDriver);
    expect(code).toBe(1);
    expect(status?.state).toBe('failed');
    expect(status?.error?.message).toMatch(/^device: .*(no GPU|No Vulkan driver|Vulkan loader)/);
    expect(status?.error?.hint).not.toBe('');
  });
});

const gpu = softwareGpu();
const hasDriver = gpu !== null;

describe.runIf(hasDriver)('on a driver that computes on the processor', () => {
  const environment = gpu as Record<string, string>;
  const cache = scratch('cache');

  test('a run that asks for it says so, and one that is resumed on the processor records both', async () => {
    const directory = makeRun({ ...small, device: 'webgpu' });
    const first = await train(directory, environment, {}, cache);
    expect(first.log).toContain('is a driver that computes on the processor');
    expect(first.status?.state).toBe('finished');
    expect(first.manifest.device).toMatch(/^SwiftShader .*\(WebGPU\)$/);
    expect(first.status?.device).toBe(first.manifest.device);
    expect(first.manifest.devices).toBeUndefined();
    const manifest = manifestOf(directory);
    manifest.experiment.optimization.steps = 3;
    writeFileSync(join(directory, 'run.json'), JSON.stringify(manifest));
    const resumed = await train(directory, environment, { device: 'cpu' }, cache);
    expect(resumed.status?.state).toBe('finished');
    expect(resumed.log).toMatch(/goes on with CPU, 1 thread after SwiftShader .* not bit for bit/);
    expect(resumed.manifest.device).toBe(`${first.manifest.device} → CPU, 1 thread`);
    expect(resumed.manifest.devices).toEqual([
      { step: 0, device: first.manifest.device },
      { step: 2, device: 'CPU, 1 thread' },
    ]);
    expect(resumed.status?.device).toBe('CPU, 1 thread');
  });

  test('a run that would not fit names the buffer and the limit', async () => {
    const rollout = { promptsPerStep: 64, groupSize: 1024, maxNewTokens: 40 };
    // Unless an experiment says so, no pass has so many rows.
    const large = { ...small, rollout, torch: { rowsPerPass: 65_536 } };
    const { status } = await train(makeRun({ ...large, device: 'webgpu' }), environment, {}, cache);
    expect(status?.error?.message).toMatch(
      /^device: SwiftShader .* allows buffers of at most 1,024 MiB \(maxBufferSize\); the attention scores of a layer in an update take 1,280 MiB/,
    );
  });
});

const abortingDriver = `
#include <stdlib.h>
__attribute__((constructor)) static void begin(void) { abort(); }
`;

const compiler = process.env.CC || 'cc';

describe.runIf(hasDriver && spawnSync(compiler, ['--version']).status === 0)(
  'on a driver that aborts',
  () => {
    test('the run fails with a message, and is not lost', async () => {
      const folder = scratch('driver');
      writeFileSync(join(folder, 'driver.c'), abortingDriver);
      const library = join(folder, 'driver.so');
      expect(spawnSync(compiler, ['-shared', '-fPIC', '-o', library, join(folder, 'driver.c')]).status).toBe(
        0,
      );
      const icd = join(folder, 'icd.json');
      const content = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.3.0' } };
      writeFileSync(icd, JSON.stringify(content));
      const environment = { ...(gpu as Record<string, string>), VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd };
      const { status } = await train(makeRun({ ...small, device: 'webgpu' }), environment);
      expect(status?.state).toBe('failed');
      expect(status?.error?.message).toMatch(/driver ended the process \(SIGABRT\), during opening the GPU/);
      expect(status?.error?.hint).toContain('"cpu"');
    });
  },
);

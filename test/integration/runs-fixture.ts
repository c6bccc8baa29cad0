/** A folder laid out as the installed program: the real command line, and the writing trainer in place of the engine. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { engineChecks } from '../../src/engines/checks/engine-checks.js';
import { loadExperiment } from '../../src/experiment/load.js';
import { type CreatedRun, createRun } from '../../src/runs/control/launch.js';
import { scratch } from '../scratch.js';

export interface Fixture {
  root: string;
  trainerPath: string;
  cliPath: string;
  mediaDirectory: string;
  experimentFile: string;
  runsDirectory: string;
}

export async function makeFixture(): Promise<Fixture> {
  const root = scratch('runs');
  await build({
    entryPoints: { trainer: 'test/integration/runs-writer.ts', cli: 'src/cli/main.ts' },
    outdir: join(root, 'dist'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
  });
  const mediaDirectory = join(root, 'media');
  const policy = join(mediaDirectory, 'policies', 'countdown');
  mkdirSync(policy, { recursive: true });
  for (const name of ['config.json', 'model.safetensors', 'tokenizer.json'])
    writeFileSync(join(policy, name), '{}');
  writeFileSync(join(root, 'package.json'), '{"version":"1.2.3"}');
  const experimentFile = join(root, 'test.g2rl.json');
  writeFileSync(experimentFile, '{\n  // short\n  "name": "test",\n  "optimization": { "steps": 5 },\n}\n');
  return {
    root,
    mediaDirectory,
    experimentFile,
    trainerPath: join(root, 'dist', 'trainer.cjs'),
    cliPath: join(root, 'dist', 'cli.cjs'),
    runsDirectory: join(root, 'runs'),
  };
}

export async function makeRun(fixture: Fixture, steps: number): Promise<CreatedRun> {
  const { experimentFile, mediaDirectory, runsDirectory } = fixture;
  const { experiment } = loadExperiment(experimentFile, {
    mediaDirectory,
    engineChecks,
    set: [`optimization.steps=${steps}`],
  });
  return createRun({ experiment, experimentFile, runsDirectory, mediaDirectory, version: '1.2.3' });
}

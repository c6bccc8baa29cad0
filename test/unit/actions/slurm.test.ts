import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSlurmRun } from '../../../src/actions/slurm/make-slurm-run.js';
import { readManifest } from '../../../src/runs/protocol/json.js';
import { scratch } from '../../scratch.js';
import { hostIn, machine, newRunIn, processorOnly, RecordingUi } from './faces.js';

const cluster = { torch: { nodes: 4, processes: 8 } };

test('a run for several machines is made where there is no GPU, with what is installed recorded', async () => {
  const folder = scratch();
  const ui = new RecordingUi();
  const asked: object[] = [];
  const newRun = newRunIn(folder, cluster, (engine) => asked.push(engine));
  const made = await makeSlurmRun(newRun, hostIn(folder, processorOnly()), ui);
  expect(asked).toEqual([{ engine: 'torch' }]);
  expect(ui.events).toEqual(['progress Preparing the run']);
  expect(await readManifest(made!.directory)).toMatchObject({
    engine: 'torch',
    waits: true,
    device: '4 × 8 GPUs, Slurm',
    versions: { python: '3.12.4', trl: '1.16.2' },
  });
  expect(readFileSync(made!.script, 'utf8')).toContain("export PYTHON='/opt/python'");
  expect(existsSync(join(made!.directory, 'torch/g2rl_torch'))).toBe(true);
});

test('cancelled, or without its problems, it leaves nothing on disk', async () => {
  const folder = scratch();
  const host = hostIn(folder, processorOnly());
  const newRun = newRunIn(folder, cluster);
  expect(await makeSlurmRun(newRun, host, new RecordingUi({}, 'Preparing the run'))).toBeNull();
  expect(readdirSync(newRun.runsDirectory)).toEqual([]);
  const problems = { task: { name: 'problems', file: join(folder, 'none.jsonl') } };
  const broken = makeSlurmRun(newRunIn(folder, { ...cluster, ...problems }), host, new RecordingUi());
  await expect(broken).rejects.toThrow('none.jsonl');
  expect(readdirSync(newRun.runsDirectory)).toEqual([]);
});

test('an experiment of the embedded engine is not asked for a Python', async () => {
  const folder = scratch();
  const newRun = newRunIn(folder);
  const refused = makeSlurmRun(newRun, hostIn(folder, machine(0)), new RecordingUi());
  await expect(refused).rejects.toThrow(/embedded engine, which trains on one machine/);
  await expect(refused).rejects.toMatchObject({ remedy: null, hint: expect.stringContaining('g2rl train') });
  expect(existsSync(newRun.runsDirectory)).toBe(false);
});

test('a Python that lacks something is refused before anything is written', async () => {
  const folder = scratch();
  const newRun = newRunIn(folder, cluster);
  const refused = makeSlurmRun(newRun, hostIn(folder, machine(0)), new RecordingUi());
  await expect(refused).rejects.toMatchObject({ remedy: { kind: 'setup' } });
  expect(existsSync(newRun.runsDirectory)).toBe(false);
});

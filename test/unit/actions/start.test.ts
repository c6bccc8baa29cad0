import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { resumeTraining } from '../../../src/actions/resume.js';
import { startTraining } from '../../../src/actions/start.js';
import { KnownError } from '../../../src/errors.js';
import { readManifest } from '../../../src/runs/protocol/json.js';
import { takeLock } from '../../../src/runs/protocol/lock.js';
import { scratch } from '../../scratch.js';
import { existingRun, hostIn, machine, newRunIn, processorOnly, RecordingUi } from './faces.js';

test('an open engine is chosen, said, planned for and recorded, in this order', async () => {
  const folder = scratch();
  const ui = new RecordingUi();
  const newRun = newRunIn(folder, { engine: 'auto' }, (engine) => ui.log(`read ${JSON.stringify(engine)}`));
  const host = hostIn(folder, machine(2));
  const inspectTorch = async () => {
    ui.log('inspect');
    return machine(2);
  };
  const created = await startTraining(newRun, { ...host, inspectTorch }, ui);
  expect(ui.events).toEqual([
    'log read {}',
    'log inspect',
    'info The torch engine can use H100.',
    'log read {"auto":"torch"}',
  ]);
  expect(await readManifest(created!.directory)).toMatchObject({
    engine: 'torch',
    engineReason: 'The torch engine can use H100.',
    device: 'H100',
    versions: { 'g2rl-lab': '1.2.3', python: '3.12.4', trl: '1.16.2' },
    experimentFile: newRun.experimentFile,
  });
  expect(existsSync(join(created!.directory, 'log.txt'))).toBe(true);
});

test('the embedded engine needs neither a look at Python nor a question', async () => {
  const folder = scratch();
  const ui = new RecordingUi();
  const host = { ...hostIn(folder, machine(0)), inspectTorch: () => Promise.reject(new Error('looked')) };
  const created = await startTraining(newRunIn(folder), host, ui);
  expect(ui.events).toEqual([]);
  expect(await readManifest(created!.directory)).toMatchObject({ engine: 'embedded' });
});

test('a GPU that is asked for is not missed only when the run has begun', async () => {
  const folder = scratch();
  process.env.VK_DRIVER_FILES = '/nonexistent.json';
  onTestFinished(() => {
    delete process.env.VK_DRIVER_FILES;
  });
  const newRun = newRunIn(folder, { device: 'webgpu' });
  const started = startTraining(newRun, hostIn(folder, machine(0)), new RecordingUi());
  await expect(started).rejects.toMatchObject({ message: expect.stringMatching(/^device: /) });
  expect(existsSync(newRun.runsDirectory)).toBe(false);
});

test('what a plan warns of is asked about; a no leaves nothing on disk', async () => {
  const folder = scratch();
  const host = hostIn(folder, processorOnly());
  const newRun = newRunIn(folder, { engine: 'torch' });
  const question =
    'confirm There is no GPU. Training is slow. | Memory is scarce. Close something. | Start Anyway';
  const no = new RecordingUi({ 'Start Anyway': false });
  expect(await startTraining(newRun, host, no)).toBeNull();
  expect(no.events).toEqual([question]);
  expect(existsSync(newRun.runsDirectory)).toBe(false);
  const yes = new RecordingUi();
  expect(await startTraining(newRun, host, yes)).not.toBeNull();
  expect(yes.events).toEqual([question]);
});

test('a second run of an experiment is asked about; a no leaves the first one alone', async () => {
  const folder = scratch();
  const host = hostIn(folder, machine(0));
  const newRun = newRunIn(folder);
  const first = await existingRun(newRun);
  takeLock(first);
  const no = new RecordingUi({ 'Start Another': false });
  expect(await startTraining(newRun, host, no)).toBeNull();
  expect(no.events).toEqual([
    `confirm ${basename(first)} already trains this experiment. | A second run shares the processor with it, and both become slower. | Start Another`,
  ]);
  expect(readdirSync(newRun.runsDirectory)).toEqual([basename(first)]);
  const other = new RecordingUi();
  const otherFile = { ...newRun, experimentFile: join(folder, 'other.g2rl.json') };
  expect(await startTraining(otherFile, host, other)).not.toBeNull();
  expect(other.events).toEqual([]);
});

test('an environment that lacks something refuses the start before anything is written', async () => {
  const folder = scratch();
  const newRun = newRunIn(folder, { engine: 'torch' });
  const refused = startTraining(newRun, hostIn(folder, machine(0)), new RecordingUi());
  await expect(refused).rejects.toMatchObject({
    message: 'This Python lacks trl.',
    remedy: { kind: 'setup' },
  });
  expect(existsSync(newRun.runsDirectory)).toBe(false);
});

test('a run of a batch script is resumed by the script', async () => {
  const folder = scratch();
  const settings = { engine: 'torch', torch: { nodes: 2 } };
  const directory = await existingRun(newRunIn(folder), settings, { waits: true });
  const error = await resumeTraining(directory, hostIn(folder, machine(2)), new RecordingUi()).catch(
    (refused) => refused,
  );
  expect(error).toBeInstanceOf(KnownError);
  expect(error.hint).toContain(`Submit ${join(directory, 'train.sbatch')} again`);
  expect(error.remedy).toEqual({ kind: 'open-script', file: join(directory, 'train.sbatch') });
});

test('a torch run is resumed only where its processes fit', async () => {
  const folder = scratch();
  const settings = { engine: 'torch', torch: { nodes: 4, processes: 8 } };
  const directory = await existingRun(newRunIn(folder), settings);
  const resumed = resumeTraining(directory, hostIn(folder, machine(2)), new RecordingUi());
  await expect(resumed).rejects.toThrow('torch.nodes: 4');
  expect(existsSync(join(directory, 'log.txt'))).toBe(false);
});

test('a run of the torch engine takes no other device', async () => {
  const folder = scratch();
  const directory = await existingRun(newRunIn(folder), { engine: 'torch' });
  const resumed = resumeTraining(directory, hostIn(folder, machine(1)), new RecordingUi(), 'cpu');
  await expect(resumed).rejects.toThrow(/Only the embedded engine takes another device/);
});

/** A study on the free GPUs of a machine, with programs in place of nvidia-smi and the trainer. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { engineChecks } from '../../src/engines/checks/engine-checks.js';
import { gpuUse } from '../../src/engines/torch/environment/free-gpus.js';
import { beginStudy } from '../../src/studies/control/begin.js';
import { readStudy } from '../../src/studies/folder/read.js';
import { loadStudy } from '../../src/studies/plan/load.js';
import { takeGpus } from '../../src/studies/runner/gpus.js';
import { StudyRunner } from '../../src/studies/runner/runner.js';
import { StudyStatusKeeper } from '../../src/studies/runner/status-keeper.js';
import { scratch } from '../scratch.js';
import { writeTinyPolicy } from './trainer.js';

const mediaDirectory = resolve('media');

/** @param computing UUIDs of GPUs that others compute on */
function fakeSmi(gpus: readonly string[], computing: readonly string[] = []): string {
  const file = join(scratch('smi'), 'nvidia-smi');
  const rows = gpus.map((cells, index) => `${index}, ${cells}`).join('\n');
  writeFileSync(
    file,
    `#!/bin/sh\ncase "$1" in *compute-apps*) printf '%s\\n' '${computing.join("' '")}' ;; *) printf '%s\\n' '${rows}' ;; esac\n`,
    { mode: 0o755 },
  );
  return file;
}

/** Writes down the GPUs that it was given, when it began and when it ended. */
const fakeTrainer = `
const { appendFileSync, readFileSync, writeFileSync, renameSync } = require('node:fs');
const { join } = require('node:path');
const { directory } = JSON.parse(process.argv[3]);
const lock = () => { try { return JSON.parse(readFileSync(join(directory, 'control/launch.lock'), 'utf8')); } catch { return {}; } };
const say = (event) => appendFileSync(join(__dirname, 'log.jsonl'), JSON.stringify({ event, run: directory, gpus: process.env.CUDA_VISIBLE_DEVICES, time: Date.now() }) + '\\n');
const timer = setInterval(() => {
  if (lock().pid !== process.pid) return;
  clearInterval(timer);
  const now = new Date().toISOString();
  const status = { ...lock(), schema: 1, state: 'running', heartbeat: now, startedAt: now, step: 0, totalSteps: 4, tokens: 0, secondsPerStep: null, evaluation: null, checkpointStep: null, error: null };
  const write = (state) => { writeFileSync(join(directory, 'status.tmp'), JSON.stringify({ ...status, ...state })); renameSync(join(directory, 'status.tmp'), join(directory, 'status.json')); };
  write({});
  say('begins');
  setTimeout(() => { say('ends'); write({ state: 'finished', step: 4 }); }, 700);
}, 20);
`;

interface Event {
  event: 'begins' | 'ends';
  run: string;
  gpus: string;
  time: number;
}

function studyFolder(processes: number, seeds: number): string {
  const folder = scratch('study-gpus');
  writeTinyPolicy(join(folder, 'policy'), 12);
  const experiment = { engine: 'torch', policy: './policy', torch: { processes } };
  const study = {
    experiment: 'base.g2rl.json',
    variants: { grpo: { 'method.name': 'grpo' }, g2rl: {} },
    seeds,
    parallel: 'gpus',
  };
  writeFileSync(join(folder, 'base.g2rl.json'), JSON.stringify(experiment));
  writeFileSync(join(folder, 'a.g2rl-study.json'), JSON.stringify(study));
  writeFileSync(join(folder, 'trainer.cjs'), fakeTrainer);
  mkdirSync(join(folder, 'locks'));
  return folder;
}

async function runStudy(
  folder: string,
  smi: string,
): Promise<{ state: string; events: Event[]; lines: string[] }> {
  const loaded = loadStudy(join(folder, 'a.g2rl-study.json'), { mediaDirectory, engineChecks });
  const { directory } = await beginStudy(loaded, { runsDirectory: join(folder, 'runs') });
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const keeper = new StudyStatusKeeper(directory, log);
  const host = {
    trainerPath: join(folder, 'trainer.cjs'),
    mediaDirectory,
    version: '0',
    engineChecks,
    torch: { python: 'python', packageFolder: folder, device: 'GPU', versions: {} },
    takeGpus: async (count: number) =>
      takeGpus(await gpuUse(smi, { CUDA_VISIBLE_DEVICES: undefined }), count, join(folder, 'locks')),
  };
  await new StudyRunner(directory, host, keeper, log).run();
  const { state } = await readStudy(directory);
  let text = '';
  try {
    text = readFileSync(join(folder, 'log.jsonl'), 'utf8');
  } catch {
    // No run has begun.
  }
  const events = text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
  return { state, events, lines };
}

const free = (uuid: string) => `${uuid}, 12, 81559`;

describe('a study on free GPUs', () => {
  test('runs on each of them at once, and never two runs on one', async () => {
    const smi = fakeSmi([free('GPU-a'), 'GPU-b, 70000, 81559', free('GPU-c'), free('GPU-d')], ['GPU-d']);
    const { state, events, lines } = await runStudy(studyFolder(1, 3), smi);
    expect(state, lines.join('\n')).toBe('finished');
    expect(events.filter(({ event }) => event === 'ends')).toHaveLength(6);
    // Another program computes on two of the four.
    expect(new Set(events.map(({ gpus }) => gpus))).toEqual(new Set(['GPU-a', 'GPU-c']));
    let atOnce = 0;
    const busy = new Set<string>();
    for (const { event, gpus } of events.sort((a, b) => a.time - b.time)) {
      if (event === 'ends') busy.delete(gpus);
      else {
        expect(busy.has(gpus), `two runs on ${gpus}`).toBe(false);
        busy.add(gpus);
      }
      atOnce = Math.max(atOnce, busy.size);
    }
    expect(atOnce).toBe(2);
  });

  test('gives a run of several processes a GPU for each', async () => {
    const smi = fakeSmi(['GPU-a', 'GPU-b', 'GPU-c'].map(free));
    const { state, events } = await runStudy(studyFolder(2, 1), smi);
    expect(state).toBe('finished');
    expect(events.map(({ gpus }) => gpus)).toEqual(Array(4).fill('GPU-a,GPU-b'));
  });

  test('says so where there are too few', async () => {
    const { state, events, lines } = await runStudy(studyFolder(2, 1), fakeSmi([free('GPU-a')]));
    expect({ state, events }).toEqual({ state: 'failed', events: [] });
    expect(lines.join('\n')).toMatch(/needs 2 GPUs; this machine shows 1/);
  });
});

describe('GPUs that a study may take', () => {
  const smi = fakeSmi([free('GPU-aa'), free('GPU-ab'), 'GPU-b, [N/A], [N/A]']);
  const uuids = async (visible?: string) =>
    (await gpuUse(smi, { CUDA_VISIBLE_DEVICES: visible })).map(({ uuid }) => uuid);

  test('are those that programs are shown, as CUDA reads it', async () => {
    expect(await uuids()).toEqual(['GPU-aa', 'GPU-ab', 'GPU-b']);
    expect(await uuids('2,0')).toEqual(['GPU-b', 'GPU-aa']);
    expect(await uuids('GPU-b,GPU-a')).toEqual(['GPU-b']);
    expect(await uuids('0,-1,1')).toEqual(['GPU-aa']);
    expect(await uuids('')).toEqual([]);
    expect((await gpuUse(smi)).at(-1)).toEqual({ uuid: 'GPU-b', free: true });
  });

  test('are not taken by two', () => {
    const locks = scratch('locks');
    const gpus = ['GPU-a', 'GPU-b'].map((uuid) => ({ uuid, free: true }));
    const first = takeGpus(gpus, 1, locks)!;
    expect(first.environment.CUDA_VISIBLE_DEVICES).toBe('GPU-a');
    expect(takeGpus(gpus, 2, locks)).toBeNull();
    expect(takeGpus(gpus, 1, locks)!.environment.CUDA_VISIBLE_DEVICES).toBe('GPU-b');
    expect(takeGpus(gpus, 1, locks)).toBeNull();
    first.release();
    expect(takeGpus(gpus, 1, locks)!.environment.CUDA_VISIBLE_DEVICES).toBe('GPU-a');
  });

  test('are none without nvidia-smi', async () => {
    await expect(gpuUse('/no/such/nvidia-smi')).rejects.toThrow(/cannot be listed/);
  });
});

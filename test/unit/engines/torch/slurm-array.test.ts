/** The job array of a study: each task trains its run, and what has finished is not trained again. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { slurmArrayScript } from '../../../../src/engines/torch/run/slurm-array.js';
import { scratch } from '../../../scratch.js';

const torch = { nodes: 2, processes: 8 };

/** Runs whose scripts say which one they are. */
function studyOf(names: readonly string[]) {
  const directory = join(scratch('array'), "it's a study");
  const runs = names.map((name) => {
    const folder = join(directory, name);
    mkdirSync(folder, { recursive: true });
    const script = join(folder, 'train.sbatch');
    writeFileSync(script, `echo trains $(basename "$(dirname "$0")") as $$, ran by $SLURM_ARRAY_TASK_ID`);
    return { script, label: `${name}, seed 0` };
  });
  return { directory, runs };
}

function submit(script: string, task: number): string {
  const file = join(scratch('submit'), 'train.sbatch');
  writeFileSync(file, script);
  const job = spawnSync('bash', [file], {
    encoding: 'utf8',
    env: { ...process.env, SLURM_ARRAY_TASK_ID: String(task) },
  });
  expect(job.status, job.stderr).toBe(0);
  return job.stdout;
}

test('starts the script of its task', () => {
  const { directory, runs } = studyOf(['grpo', 'g2rl', 'g2rl b="$(x)"']);
  const script = slurmArrayScript({ name: 'helps', directory, torch, runs, most: 2 });
  expect(script).toContain('#SBATCH --array=0-2%2\n');
  expect(script).toContain('#SBATCH --nodes=2\n');
  expect(script).toContain('#SBATCH --gpus-per-node=8\n');
  expect(script).toContain('# 1: g2rl, seed 0\n');
  for (const [task, name] of ['grpo', 'g2rl', 'g2rl b="$(x)"'].entries()) {
    expect(submit(script, task)).toMatch(`trains ${name} as`);
  }
});

test('leaves out what has finished', () => {
  const { directory, runs } = studyOf(['grpo', 'g2rl']);
  const script = slurmArrayScript({ name: 'helps', directory, torch, runs, most: null });
  expect(script).toContain('#SBATCH --array=0-1\n');
  writeFileSync(join(directory, 'grpo', 'status.json'), '{\n "state": "finished"\n}');
  writeFileSync(join(directory, 'g2rl', 'status.json'), '{\n "state": "stopped"\n}');
  expect(submit(script, 0)).toMatch(/has finished/);
  expect(submit(script, 1)).toMatch(/trains g2rl/);
});

test('takes labels of several lines, and refuses folders that no script can name', () => {
  const { directory, runs } = studyOf(['grpo']);
  const [run] = runs;
  const labelled = { name: 'a', torch, runs: [{ ...run!, label: 'a\nrm -rf b' }], most: null };
  expect(slurmArrayScript({ ...labelled, directory })).toContain('# 0: a rm -rf b\n');
  expect(() => slurmArrayScript({ ...labelled, directory: '/a\nb' })).toThrow(/cannot name/);
});

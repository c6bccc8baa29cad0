/** A run that a script of one's own trains, by RunDirectoryCallback: read and asked like any other, resumed elsewhere. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { resumeTraining } from '../../src/actions/resume.js';
import { groupSchema, rolloutSchema, runSchema, statusSchema } from '../../src/runs/protocol/schema.js';
import { GroupIndex } from '../../src/runs/read/group-index.js';
import { RunReader } from '../../src/runs/read/reader.js';
import { scratch } from '../scratch.js';
import { requirePython, runPython } from './python.js';
import { makeFixture } from './runs-fixture.js';

const examples = resolve(import.meta.dirname, '../../src/torch/examples');

/** Two steps of an example, on a tiny policy. */
const script = `
import sys
from pathlib import Path
sys.path.insert(0, ${JSON.stringify(examples)})
sys.argv = ["train.py", "--steps", "2"]
from policies import write_byte_policy
import several_rewards
root = Path(${JSON.stringify('ROOT')})
several_rewards.main(
    str(write_byte_policy(root / "policy")), str(root / "runs" / "names"), output_dir=str(root / "output"),
    use_cpu=True, bf16=False, max_steps=2, num_generations=4, per_device_train_batch_size=8,
    max_completion_length=8, save_steps=1, disable_tqdm=True,
)
`;

let made: { root: string; directory: string } | undefined;

function trained(context: TestContext): { root: string; directory: string } {
  if (made) return made;
  const python = requirePython(context);
  const root = scratch('script-run');
  runPython(python, ['-c', script.replace('ROOT', root)]);
  made = { root, directory: join(root, 'runs', 'names') };
  return made;
}

const linesOf = (...path: string[]): unknown[] =>
  readFileSync(join(...path), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('the run of a script is a run', async (context) => {
  const { directory, root } = trained(context);
  const manifest = runSchema.parse(JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')));
  expect(manifest).toMatchObject({ engine: 'torch', name: 'names', experiment: { method: { lambda: 0.5 } } });
  expect(manifest.script?.rewards).toEqual({
    helpfulness: 1,
    is_short: 0.5,
    ends_well: expect.closeTo(0.2),
  });
  const status = statusSchema.parse(JSON.parse(readFileSync(join(directory, 'status.json'), 'utf8')));
  expect(status).toMatchObject({ state: 'finished', step: 2, totalSteps: 2, checkpointStep: 2, error: null });
  for (const line of linesOf(directory, 'groups.jsonl')) groupSchema.parse(line);
  for (const name of readdirSync(join(directory, 'rollouts')))
    for (const line of linesOf(directory, 'rollouts', name)) rolloutSchema.parse(line);

  const reader = await RunReader.open(directory);
  expect(reader.summary).toMatchObject({ state: 'finished', name: 'names', notice: null, skippedLines: {} });
  expect(reader.summary.checkpoints.map(({ step }) => step)).toEqual([1, 2]);
  expect(existsSync(join(reader.summary.checkpoints.at(-1)?.path ?? '', 'config.json'))).toBe(true);
  const index = new GroupIndex(join(directory, 'groups.jsonl'));
  await index.read();
  const groups = await index.groups(2);
  expect(groups).toHaveLength(2);
  expect(groups[0]?.components?.is_short).toHaveLength(4);

  const { cliPath } = await makeFixture();
  const g2rl = (...words: string[]) =>
    spawnSync(process.execPath, [cliPath, ...words, '--runs', join(root, 'runs')], { encoding: 'utf8' });
  const listed = JSON.parse(g2rl('runs', '--json').stdout) as unknown;
  expect(JSON.stringify(listed)).toContain('"finished"');
  for (const question of ['settings', 'groups', 'metrics', 'findings', 'responses']) {
    const answer = g2rl('query', question, 'names', ...(question === 'responses' ? ['the'] : []), '--json');
    expect(answer.stderr).toBe('');
    expect(JSON.parse(answer.stdout)).toMatchObject({ run: 'names' });
  }
  expect(g2rl('query', 'metrics', 'names', '--json').stdout).toContain('rewards/is_short/mean');
});

test('it is resumed by its script, and says how', async (context) => {
  const { directory, root } = trained(context);
  const stopped = join(root, 'runs', 'stopped');
  cpSync(directory, stopped, { recursive: true, verbatimSymlinks: true });
  const status = JSON.parse(readFileSync(join(stopped, 'status.json'), 'utf8')) as object;
  writeFileSync(join(stopped, 'status.json'), JSON.stringify({ ...status, state: 'stopped' }));
  const { cliPath } = await makeFixture();
  for (const command of ['resume', 'again']) {
    const { status: code, stderr } = spawnSync(
      process.execPath,
      [cliPath, command, 'stopped', '--runs', join(root, 'runs')],
      {
        encoding: 'utf8',
      },
    );
    expect(code).toBe(1);
    expect(stderr).toContain('trained by a script');
    expect(stderr).toContain('train.py --steps 2');
  }
  await expect(resumeTraining(stopped, {} as never, {} as never)).rejects.toThrow('trained by a script');
});

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readStatus } from '../../src/runs/protocol/json.js';
import { type Fixture, makeFixture } from './runs-fixture.js';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await makeFixture();
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function g2rl(
  parameters: string[],
  environment: Record<string, string> = {},
  onOutput?: (text: string, interrupt: () => void) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [fixture.cliPath, ...parameters], {
    cwd: fixture.root,
    env: { ...process.env, ...environment },
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (data: Buffer) => {
    ended.stdout += data.toString();
    onOutput?.(ended.stdout, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (data: Buffer) => {
    ended.stderr += data.toString();
  });
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ ...ended, code }));
  });
}

test('train follows the run to its end and shows the scores before and after', async () => {
  const { code, stdout } = await g2rl(['train', fixture.experimentFile, '--set', 'optimization.steps=4']);
  expect(stdout).toMatch(/step 4\/4 .*pass@1 55\.0 %/);
  expect(stdout).toMatch(/pass@1\s+30\.0 %\s+50\.0 %\s+\+20\.0 points/);
  for (const label of ['maj@16', 'pass@16', 'distinct@16', 'mean similarity', 'negative pairs']) {
    expect(stdout).toContain(label);
  }
  expect(stdout).toMatch(/finished at step 4\. Everything is in .*\.g2rl.runs/);
  expect(stdout).toContain('G2RL: Open Dashboard');
  expect(code).toBe(0);
});

test('train --json prints one object; runs lists it', async () => {
  const { code, stdout } = await g2rl(['train', fixture.experimentFile, '--runs', 'json-runs', '--json']);
  expect(code).toBe(0);
  const result = JSON.parse(stdout) as { id: string; state: string; step: number };
  expect(result).toMatchObject({ state: 'finished', step: 5, totalSteps: 5, error: null });
  const listed = await g2rl(['runs', '--runs', 'json-runs', '--json']);
  expect(JSON.parse(listed.stdout)).toMatchObject({
    runs: [{ id: result.id, state: 'finished', score: { step: 5, pass_at_1: 0.5 } }],
    unreadable: [],
  });
});

test('Ctrl-C stops with a checkpoint and keeps following until the process is gone; resume goes on', async () => {
  let pressed = false;
  const train = ['train', fixture.experimentFile, '--runs', 'stop-runs', '--set', 'optimization.steps=500'];
  const { code, stdout } = await g2rl(train, {}, (text, interrupt) => {
    if (pressed || !text.includes('step 3/')) return;
    pressed = true;
    interrupt();
  });
  expect(stdout).toContain('Stopping after this step');
  expect(stdout).toMatch(/stopped at step \d+/);
  expect(code).toBe(0);
  const [id] = readdirSync(join(fixture.root, 'stop-runs'));
  expect((await readStatus(join(fixture.root, 'stop-runs', id!)))?.state).toBe('stopped');
  const resumed = await g2rl(['resume', 'test', '--runs', 'stop-runs', '--detach']);
  expect(resumed.stdout).toContain('Training in');
  const stopped = await g2rl(['stop', id!.slice(-4), '--runs', 'stop-runs', '--now']);
  expect(stopped.stdout + stopped.stderr).toMatch(/stopped at step|never started/);
  expect(stopped.code).toBe(0);
});

test('a failed run prints its reason and remedy', async () => {
  const { code, stderr } = await g2rl(['train', fixture.experimentFile], { TEST_FAIL: '1' });
  expect(stderr).toContain('The policy burst.\n  Glue it.');
  expect(code).toBe(1);
});

test('bad input is told plainly, all at once, and nothing is started', async () => {
  const bad = join(fixture.root, 'bad.g2rl.json');
  writeFileSync(bad, '{\n  "optimisation": {},\n  "rollout": { "groupSize": 0 }\n}');
  const { code, stderr } = await g2rl(['train', bad, '--runs', 'none']);
  expect(code).toBe(1);
  expect(stderr).toContain('bad.g2rl.json:2:3: optimisation: there is no such field');
  expect(stderr).toContain('Did you mean "optimization"?');
  expect(stderr).toContain('rollout.groupSize: must be at least 1; got 0');
  expect(stderr).not.toContain('\n    at ');
  expect((await g2rl(['runs', '--runs', 'none'])).stdout).toContain('No run in');

  mkdirSync(join(fixture.root, 'named', '20260101-000000-alpha-0001'), { recursive: true });
  const missing = await g2rl(['stop', 'alhpa', '--runs', 'named']);
  expect(missing.stderr).toContain('Did you mean 20260101-000000-alpha-0001?');
  expect(missing.code).toBe(1);
});

test('output that nobody reads on ends the command without a word', async () => {
  const child = spawn(process.execPath, [fixture.cliPath, 'verify', '--jsonl'], { cwd: fixture.root });
  child.stdout.destroy();
  child.stdin.on('error', () => {});
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.end('{"gold":"1/2","pred":"0.5"}\n'.repeat(2000));
  const code = await new Promise((ended) => child.once('close', ended));
  expect([code, said]).toEqual([0, '']);
});

/** In a namespace of its own, where that is allowed: what is mounted there is seen by nobody else. */
const mounting = ['unshare', '--mount', '--map-root-user', 'sh', '-c'] as const;
const mayMount =
  spawnSync(mounting[0], [...mounting.slice(1), 'mount -t tmpfs -o ro none /mnt']).status === 0;

test.skipIf(!mayMount)('a read-only file system is told of as such', () => {
  const script = 'mount -t tmpfs -o ro none /mnt && exec "$0" "$1" train "$2" --runs /mnt/a/runs';
  const ended = spawnSync(
    mounting[0],
    [...mounting.slice(1), script, process.execPath, fixture.cliPath, fixture.experimentFile],
    { cwd: fixture.root, encoding: 'utf8' },
  );
  expect(ended.stderr).toContain('/mnt/a/runs cannot be created (EROFS)');
  expect(ended.stderr).toContain('That file system is read-only. Choose another runs directory.');
  expect(ended.status).toBe(1);
});

test('check says what is wrong, unused and unusual; only what is wrong fails', async () => {
  const file = join(fixture.root, 'checked.g2rl.json');
  writeFileSync(file, '{"method": {"name": "grpo", "lambda": 0.5}, "optimization": {"learningRate": 100}}');
  const allowed = await g2rl(['check', file]);
  expect(allowed.code).toBe(0);
  expect(allowed.stdout).toMatch(/^note: .*method\.lambda: has no effect/m);
  expect(allowed.stdout).toMatch(/^warning: .*optimization\.learningRate: 100/m);
  const refused = await g2rl(['check', file, '--set', 'sed=1', '--json']);
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ runnable: false, problems: [{ path: 'sed' }] });
});

test('again takes the settings of a run, with the next seed; settings writes them as a file', async () => {
  const options = ['--runs', 'again-runs', '--json'];
  const train = ['train', fixture.experimentFile, ...options, '--set', 'optimization.steps=3'];
  const { id } = JSON.parse((await g2rl(train)).stdout) as { id: string };
  const seeds: number[] = [];
  for (const more of [['--next-seed'], ['--next-seed', '--set', 'method.lambda=0.1']]) {
    const { stdout } = await g2rl(['again', id, ...options, ...more]);
    const again = JSON.parse(stdout) as { directory: string; step: number };
    expect(again.step).toBe(3);
    const manifest = JSON.parse(readFileSync(join(again.directory, 'run.json'), 'utf8')) as { seed: number };
    seeds.push(manifest.seed);
  }
  expect(seeds).toEqual([1, 2]);
  const copy = ['settings', id, '--runs', 'again-runs', '--output', 'copy.g2rl.json'];
  expect((await g2rl(copy)).code).toBe(0);
  const written = JSON.parse(readFileSync(join(fixture.root, 'copy.g2rl.json'), 'utf8')) as object;
  expect(written).toMatchObject({ name: 'test', policy: 'countdown', optimization: { steps: 3 } });
  expect((await g2rl(copy)).stderr).toContain('There is already a file');
});

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { errorText } from '../../../src/errors.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { evaluationFile, rolloutsFile } from '../../../src/runs/protocol/paths.js';
import { processStartTime } from '../../../src/runs/protocol/process.js';
import type { RolloutRecord } from '../../../src/runs/protocol/schema.js';
import { Coalescer } from '../../../src/runs/read/events.js';
import { updateManifest } from '../../../src/runs/read/list.js';
import type { RunDelta } from '../../../src/runs/read/reader.js';
import { RunWatcher } from '../../../src/runs/read/watch.js';
import { RunWriter } from '../../../src/runs/write/writer.js';
import { scratch } from '../../scratch.js';
import { statusOf } from '../views/fixtures.js';
import { benchmarkRecord, groupRecord } from './records.js';

describe('a watched run', () => {
  let directory: string;
  let writer: RunWriter;
  let run: RunWatcher;
  let deltas: RunDelta[];

  beforeEach(async () => {
    directory = scratch('watch');
    const manifest = { schema: 1, id: 'a', name: 'n', createdAt: '2026-01-01T00:00:00Z' };
    const experiment = experimentSchema.parse({});
    writeFileSync(join(directory, 'run.json'), JSON.stringify({ ...manifest, experiment }));
    writer = new RunWriter(directory);
    beat(0);
    run = await RunWatcher.open(directory);
    deltas = [];
    run.onChange((delta) => deltas.push(delta));
  });
  afterEach(() => run.dispose());

  function beat(step: number): void {
    const processStart = processStartTime(process.pid) ?? '';
    const heartbeat = new Date().toISOString();
    writer.writeStatus(statusOf({ pid: process.pid, processStart, heartbeat, step }));
  }

  test('reports what changed and nothing else: at a heartbeat the status alone', async () => {
    const { manifest, checkpoints } = run.summary;
    await run.refresh();
    expect(deltas).toEqual([]);
    beat(1);
    await run.refresh();
    expect(deltas).toEqual([{ kind: 'summary', changes: { status: run.summary.status } }]);
    expect(run.summary.status?.step).toBe(1);
    expect(run.summary.manifest).toBe(manifest);
    expect(run.summary.checkpoints).toBe(checkpoints);
    await updateManifest(directory, { name: 'new' });
    await run.refresh();
    expect(deltas.slice(1)).toEqual([
      { kind: 'summary', changes: { name: 'new', manifest: run.summary.manifest } },
    ]);
  });

  test('says what keeps it from reading, and that it is over', async () => {
    mkdirSync(join(directory, 'metrics.jsonl'));
    await run.refresh();
    expect(run.summary.notice).toContain('metrics.jsonl cannot be read (EISDIR)');
    expect(deltas).toEqual([{ kind: 'summary', changes: { notice: run.summary.notice } }]);
    rmSync(join(directory, 'metrics.jsonl'), { recursive: true });
    await run.refresh();
    expect(deltas.at(-1)).toEqual({ kind: 'summary', changes: { notice: null } });
  });

  const linux = process.platform === 'linux';
  test
    .runIf(linux)
    .each([
      'metrics.jsonl',
      'benchmarks.jsonl',
      'groups.jsonl',
      'status.json',
      'run.json',
      'control/launch.lock',
      'rollouts/step-000001.jsonl',
      'evaluations/step-000001-b.jsonl',
    ])('devices and pipes in the place of %s are named, not waited for', async (name) => {
    const file = join(directory, name);
    for (const put of [
      () => symlinkSync('/dev/zero', file),
      () => execFileSync('mkfifo', [file]),
      () => {
        writeFileSync(file, '');
        truncateSync(file, 2 ** 40);
      },
    ].slice(0, name.endsWith('.jsonl') ? 2 : 3)) {
      mkdirSync(dirname(file), { recursive: true });
      rmSync(file, { force: true });
      put();
      const texts: string[] = [];
      if (name.startsWith('rollouts')) texts.push(errorText(await run.rollouts(1).catch((error) => error)));
      else if (name.startsWith('evaluations')) {
        texts.push(errorText(await run.evaluation(1, 'b').catch((error) => error)));
      } else {
        await Promise.all([run.refresh(), name === 'groups.jsonl' && run.groups(1).catch(() => [])]);
        texts.push(run.summary.notice ?? '');
      }
      // A lock that cannot be read is none.
      if (name.startsWith('control')) expect(texts).toEqual(['']);
      else expect(texts[0]).toMatch(new RegExp(`${name} cannot be read: it .*(Remove it|Restore it)`));
    }
  });

  test('figures of geometry that are none are left out, and the scores of their line count', async () => {
    const counts = new Array<number>(20).fill(3);
    const lines = [
      { similarity_histogram: counts, logdet_mean: 2.5 },
      { similarity_histogram: 'many', logdet_mean: '2.5', text_similarity_mean: {} },
      { similarity_histogram: ['1', ...counts.slice(1)] },
      { similarity_histogram: counts.slice(1), similarity_mean: 'x' },
      { similarity_histogram: [null, ...counts.slice(1)], negative_pair_ratio: undefined },
      {},
    ].map((geometry, step) => JSON.stringify({ ...benchmarkRecord(step, 0.5), ...geometry }));
    writeFileSync(join(directory, 'benchmarks.jsonl'), `${lines.join('\n')}\n`);
    await run.refresh();
    const [whole, ...others] = run.benchmarks;
    expect(whole).toMatchObject({ similarity_histogram: counts, logdet_mean: 2.5, similarity_mean: 0.3 });
    expect(others.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    for (const record of others) expect(record.similarity_histogram ?? null).toBeNull();
    expect(others.map(({ similarity_mean: mean }) => mean)).toEqual([0.3, 0.3, null, 0.3, 0.3]);
    expect(others[0]).toMatchObject({ logdet_mean: null, text_similarity_mean: null, pass_at_1: 0.5 });
    expect(others[3]?.negative_pair_ratio).toBeNull();
    expect(others[4]).not.toHaveProperty('logdet_mean');
    const delta = deltas.find((one) => one.kind === 'benchmarks');
    expect(delta).toEqual({ kind: 'benchmarks', benchmarks: run.benchmarks });
  });

  test('a metric that is not a number, as Python writes it, is a gap: the rest of its line counts', async () => {
    const lines = [
      '{"step":1,"reward":0.5,"kl":NaN,"loss":1}',
      '{"step": 2, "kl": -Infinity, "loss": Infinity, "note": "NaN, \\" -Infinity"}',
      '{"step":3,"kl":+NaN}',
      '{"step":4,"kl":NaNs}',
      '{"step":5,"kl":1NaN}',
      '{"step":NaN,"kl":1}',
      '{"step":6,"note":"NaN',
    ];
    appendFileSync(join(directory, 'metrics.jsonl'), `${lines.join('\n')}\n`);
    const columns = await run.series();
    const values = ['step', 'reward', 'kl', 'loss'].map((name) => [...(columns.column(name) ?? [])]);
    expect(values).toEqual([[1, 2], [0.5, Number.NaN], [], [1, Number.NaN]]);
    expect(run.newest).toEqual({ step: 2, kl: null, loss: null, note: 'NaN, " -Infinity' });
    await run.refresh();
    expect(run.summary.skippedLines).toEqual({ 'metrics.jsonl': 5 });
  });

  test('a long backlog is one delta, however many lines it has', async () => {
    await run.series();
    const lines = Array.from({ length: 200_000 }, (_, index) => `{"step":${index + 1}}\n`);
    appendFileSync(join(directory, 'metrics.jsonl'), lines.join(''));
    await run.refresh();
    expect(deltas.map(({ kind }) => kind)).toEqual(['metrics']);
    expect(deltas[0]?.kind === 'metrics' && deltas[0].steps.length).toBe(200_000);
    expect([run.columns.length, run.newest?.step]).toEqual([200_000, 200_000]);
    // A resumed run writes its last steps again.
    appendFileSync(join(directory, 'metrics.jsonl'), lines.slice(-1000).join(''));
    await run.refresh();
    expect(run.columns).toHaveLength(200_000);
  });

  test('groups are indexed for who asks, also when several do at once', async () => {
    writer.appendGroups([groupRecord(1, 0), groupRecord(1, 1)]);
    await run.refresh();
    expect(deltas).toEqual([]);
    const found = await Promise.all([run.groups(1), run.groups(1)]);
    expect(found.map((groups) => groups.map(({ group }) => group))).toContainEqual([0, 1]);
    expect(run.groupSteps).toEqual([1]);
    expect(deltas).toContainEqual({ kind: 'groupSteps', steps: [1] });
  });

  test('only the last whole line is read until someone asks for the series; then what comes is taken in', async () => {
    const file = join(directory, 'metrics.jsonl');
    const line = (step: number) =>
      `{"step": ${step}, "reward": ${step / 10}, "note": "${'x'.repeat(2000)}"}\n`;
    appendFileSync(file, Array.from({ length: 50 }, (_, index) => line(index + 1)).join(''));
    appendFileSync(file, 'damaged\n{"step": 51, "rew');
    await run.refresh();
    expect([run.newest?.step, run.newest?.reward, run.columns.length]).toEqual([50, 5, 0]);
    expect(deltas).toEqual([{ kind: 'metrics', steps: [50] }]);
    const [first, second] = await Promise.all([run.series(), run.series()]);
    expect([first.length, second]).toEqual([50, first]);
    expect(run.summary.skippedLines).toEqual({ 'metrics.jsonl': 1 });
    appendFileSync(file, 'ard": 7}\n');
    await run.refresh();
    expect([run.newest?.step, run.columns.record(51)]).toEqual([51, { step: 51, reward: 7 }]);
    expect(deltas.at(-1)).toEqual({ kind: 'metrics', steps: [51] });
    writeFileSync(file, '{"step":1,"reward":9}\n');
    await run.refresh();
    expect([run.newest?.step, [...run.columns.column('reward')!]]).toEqual([1, [9]]);
    expect(deltas).toContainEqual({ kind: 'reset' });
  });

  test('a sketch of a long file has steps from its start to its end, and of a short one all', async () => {
    const file = join(directory, 'metrics.jsonl');
    const line = (step: number) => `{"step":${step},"reward":0.5,"note":"${'x'.repeat(900)}"}\n`;
    appendFileSync(file, Array.from({ length: 500 }, (_, index) => line(index + 1)).join(''));
    expect((await run.sketch()).length).toBe(500);
    appendFileSync(file, Array.from({ length: 9500 }, (_, index) => line(index + 501)).join(''));
    const steps = [...(await run.sketch()).column('step')!];
    expect([steps[0], steps.at(-1)]).toEqual([1, 10_000]);
    expect(steps.length).toBeLessThan(2000);
    const longestGap = Math.max(...steps.map((step, index) => step - (steps[index - 1] ?? 1)));
    expect(longestGap).toBeLessThan(60);
    expect(run.columns.length).toBe(0);
  });

  test('a large file of groups is indexed in parts, and what is asked for meanwhile is found', async () => {
    const lines = 30_000;
    const filler = 'x'.repeat(1000);
    const record = (step: number) => JSON.stringify({ ...groupRecord(step, 0), prompt: filler });
    writeFileSync(
      join(directory, 'groups.jsonl'),
      Array.from({ length: lines }, (_, index) => `${record(index + 1)}\n`).join(''),
    );
    expect((await run.groups(lines)).map(({ step }) => step)).toEqual([lines]);
    expect(run.groupSteps).toHaveLength(lines);
    const found = deltas.filter(({ kind }) => kind === 'groupSteps');
    expect(found.length).toBeGreaterThan(2);
    expect(found.flatMap((delta) => (delta.kind === 'groupSteps' ? delta.steps : []))).toHaveLength(lines);
  });

  test('of the kept texts the last of each group counts; a step may have none', async () => {
    const text = (group: number, prompt: string): RolloutRecord => ({
      step: 3,
      group,
      prompt_id: 'p',
      prompt,
      responses: [],
    });
    mkdirSync(join(directory, 'rollouts'));
    const lines = [text(1, 'λ'), text(0, 'old'), text(0, 'new')].map((record) => JSON.stringify(record));
    // The last line has no end yet.
    writeFileSync(rolloutsFile(directory, 3), `${lines.join('\n')}\n{"step":3,"group":2,"resp`);
    const { groups, more } = await run.rollouts(3);
    expect([groups.map(({ prompt }) => prompt), more]).toEqual([['new', 'λ'], 0]);
    expect(await run.rollouts(4)).toEqual({ groups: [], more: 0 });
    mkdirSync(rolloutsFile(directory, 5));
    await expect(run.rollouts(5)).rejects.toThrow('cannot be read (EISDIR)');
  });

  test('of a step file of 120 MB the first groups are shown, and how many more there are', async () => {
    mkdirSync(join(directory, 'rollouts'));
    const file = rolloutsFile(directory, 3);
    const text = 'x'.repeat(4e6);
    for (let group = 0; group < 30; group++) {
      appendFileSync(
        file,
        `${JSON.stringify({ step: 3, group, prompt_id: 'p', prompt: '', responses: [{ text }] })}\n`,
      );
    }
    const { groups, more } = await run.rollouts(3);
    expect([groups.map(({ group }) => group), more]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], 22]);
  });

  test('questions about an evaluation may overlap; one without responses says what to do', async () => {
    const file = join(directory, evaluationFile(5, 'b'));
    mkdirSync(join(directory, 'evaluations'));
    const problem = (id: number) =>
      JSON.stringify({ id: `p${id}`, n: 1, correct: 1, answers: 1, majority: 1, problem: '', responses: [] });
    writeFileSync(
      file,
      `{"evaluation":{}}\n${Array.from({ length: 500 }, (_, id) => `${problem(id)}\n`).join('')}`,
    );
    const [problems, last, none] = await Promise.all([
      run.evaluation(5, 'b'),
      run.problem(5, 'b', 'p499'),
      run.problem(5, 'b', 'p500'),
    ]);
    expect([problems.length, last?.id, none]).toEqual([500, 'p499', null]);
    await expect(run.evaluation(6, 'b')).rejects.toMatchObject({
      message: 'The responses of b at step 6 are not in this run.',
      hint: expect.stringContaining('Evaluate the checkpoint of that step again') as string,
    });
  });
});

describe('the clock of a reader', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start(task: () => Promise<void> = async () => {}) {
    const times: number[] = [];
    const begin = performance.now();
    const clock = new Coalescer(async () => {
      times.push(performance.now() - begin);
      await task();
    }, 70);
    return { clock, times };
  }

  test('reads at once after a quiet time, and again when the last change has settled', async () => {
    const { clock, times } = start();
    clock.request();
    expect(times).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(times).toEqual([0, 70]);
  });

  test('gathers what changes within a frame and loses nothing', async () => {
    const { clock, times } = start();
    for (let millisecond = 0; millisecond < 40; millisecond++) {
      clock.request();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(times).toEqual([0, 16, 32]);
    await vi.advanceTimersByTimeAsync(1000);
    // The last request was at 39 ms.
    expect(times).toEqual([0, 16, 32, 48, 109]);
  });

  test('never reads twice at a time; who waits, waits for a reading that began later', async () => {
    let running = 0;
    const { clock, times } = start(async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      running--;
    });
    clock.request();
    await vi.advanceTimersByTimeAsync(10);
    const waited = clock.run();
    await vi.advanceTimersByTimeAsync(150);
    expect(times).toEqual([0, 100]);
    await vi.advanceTimersByTimeAsync(50);
    await waited;
    clock.request();
    clock.dispose();
    await vi.advanceTimersByTimeAsync(1000);
    expect(times).toEqual([0, 100, 210]);
  });
});

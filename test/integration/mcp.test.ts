/** The server for agents, asked by the protocol's own client, about runs that a real trainer process has written. */
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { QUERIES } from '../../src/query/queries.js';
import { startTrainer } from '../../src/runs/control/launch.js';
import { findRun } from '../../src/runs/read/list.js';
import { RunReader } from '../../src/runs/read/reader.js';
import { type Fixture, makeFixture, makeRun } from './runs-fixture.js';

let fixture: Fixture;
let directory: string;
const clients: Client[] = [];

beforeAll(async () => {
  fixture = await makeFixture();
  ({ directory } = await makeRun(fixture, 3));
  await startTrainer(directory, { trainerPath: fixture.trainerPath });
  await finished(directory);
});
afterAll(() => Promise.all(clients.map((client) => client.close())));

const finished = (folder: string) =>
  vi.waitFor(
    async () => {
      expect((await RunReader.open(folder)).summary.state).toBe('finished');
    },
    { timeout: 60_000, interval: 200 },
  );

async function connect(options: string[] = [], answers?: 'yes' | 'no'): Promise<Client> {
  const client = new Client(
    { name: 'test', version: '1' },
    { capabilities: answers ? { elicitation: {} } : {} },
  );
  if (answers)
    client.setRequestHandler(ElicitRequestSchema, () =>
      answers === 'yes' ? { action: 'accept', content: { confirm: true } } : { action: 'decline' },
    );
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [fixture.cliPath, 'mcp', '--runs', fixture.runsDirectory, ...options],
      stderr: 'ignore',
    }),
  );
  clients.push(client);
  return client;
}

async function call(client: Client, name: string, given: Record<string, unknown> = {}) {
  const result = await client.callTool({ name, arguments: given });
  const [{ text }] = result.content as [{ text: string }];
  return { text, failed: result.isError === true, answer: result.isError ? null : JSON.parse(text) };
}

describe('reading', () => {
  let client: Client;
  beforeAll(async () => {
    client = await connect();
  });

  test('the tools are the questions, read only, and nothing else', async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(Object.keys(QUERIES));
    for (const tool of tools) {
      expect(tool.annotations?.readOnlyHint).toBe(true);
      expect(tool.inputSchema.type).toBe('object');
    }
    expect(JSON.stringify(tools).length).toBeLessThan(40_000);
    expect(client.getInstructions()).toContain('"runs"');
  });

  test('questions about a run that a trainer has written are answered', async () => {
    const { answer: list } = await call(client, 'runs');
    expect(list).toMatchObject({ found: 1, left_out: 0, runs: [{ state: 'finished', step: 3 }] });
    const run = list.runs[0].id as string;
    expect(run).toBe(basename(directory));
    const { answer: settings } = await call(client, 'settings', { run, path: 'optimization.steps' });
    expect(settings.settings).toEqual({ 'optimization.steps': 3 });
    const { answer: metrics } = await call(client, 'metrics', { run });
    expect(metrics.steps).toEqual({ first: 1, last: 3, count: 3 });
    const { answer: series } = await call(client, 'series', { run, metrics: ['reward'], points: 2 });
    expect(series.series.reward).toHaveLength(2);
    expect(series).toMatchObject({ left_out: 1, more: expect.any(String) });
    expect((await call(client, 'snapshot', { run, step: 99 })).answer.step).toBe(3);
    const { answer: groups } = await call(client, 'groups', { run, limit: 1 });
    expect(groups.groups).toHaveLength(1);
    expect(groups.left_out).toBe(groups.matching - 1);
    const { step, group, at } = groups.groups[0];
    const line = Number(at.split(':')[1]);
    const lines = readFileSync(join(directory, 'groups.jsonl'), 'utf8').split('\n');
    expect(JSON.parse(lines[line - 1] ?? '')).toMatchObject({ step, group });
    expect((await call(client, 'group', { run, step, group })).answer).toMatchObject({ step, group, at });
    expect((await call(client, 'prompts', { run })).answer.counts.all).toBeGreaterThan(0);
    expect((await call(client, 'log', { run, lines: 1 })).answer.lines).toHaveLength(1);
    expect((await call(client, 'responses', { run, text: 'x' })).failed).toBe(false);
    expect((await call(client, 'studies')).answer.studies).toEqual([]);
  });

  test('what cannot be answered says why, and what was probably meant', async () => {
    const run = basename(directory);
    const cases: [string, Record<string, unknown>, RegExp][] = [
      ['runz', {}, /no question "runz".*Did you mean "runs"/],
      ['runs', { limt: 3 }, /no argument "limt".*Did you mean "limit"/],
      ['runs', { limit: 1e9 }, /limit/],
      ['runs', { limit: 'all' }, /limit/],
      ['runs', { sort: 'nam' }, /Did you mean "name"/],
      ['settings', {}, /run/],
      ['settings', { run: 'nope' }, /no run "nope".*Did you mean/s],
      ['settings', { run, path: 'optimisation' }, /no setting "optimisation"/],
      ['series', { run, metrics: ['rewrad'] }, /Did you mean "reward"/],
      ['series', { run, metrics: [] }, /metrics/],
      ['series', { run, metrics: ['reward'], from: 3, to: 1 }, /after/],
      ['group', { run, step: 2000, group: 0 }, /nearest step with groups is 3/],
      ['responses', { run, text: '  ' }, /blank/],
      ['flips', { run, benchmark: 'nothing' }, /no benchmark "nothing"/],
      ['study', { study: 'none' }, /no study/],
    ];
    for (const [name, given, text] of cases) {
      const result = await call(client, name, given);
      expect(result.failed, `${name} ${JSON.stringify(given)}: ${result.text}`).toBe(true);
      expect(result.text).toMatch(text);
    }
  });

  test('damaged lines are counted, and the rest is answered', async () => {
    const copy = join(fixture.runsDirectory, `${basename(directory)}-damaged`);
    cpSync(directory, copy, { recursive: true });
    const file = join(copy, 'groups.jsonl');
    writeFileSync(file, `not json\n${readFileSync(file, 'utf8')}{"step":3,"gro`);
    const { answer } = await call(client, 'groups', { run: copy, limit: 1 });
    expect(answer).toMatchObject({ damaged: { 'groups.jsonl': 1 } });
    expect(Number(answer.groups[0].at.split(':')[1])).toBeGreaterThan(1);
  });

  test('who asks for everything gets limits', async () => {
    const copy = join(fixture.runsDirectory, `${basename(directory)}-large`);
    cpSync(directory, copy, { recursive: true });
    const [first = ''] = readFileSync(join(copy, 'groups.jsonl'), 'utf8').split('\n');
    const record = { ...JSON.parse(first), prompt: 'long '.repeat(2000) };
    const lines = Array.from({ length: 3000 }, (_, step) =>
      JSON.stringify({ ...record, step, prompt_id: `p${step}` }),
    );
    writeFileSync(join(copy, 'groups.jsonl'), `${lines.join('\n')}\n`);
    writeFileSync(join(copy, 'log.txt'), `${'x'.repeat(100_000)}\n`.repeat(50));
    const asked: [string, Record<string, unknown>][] = [
      ['groups', { limit: 200 }],
      ['prompts', { limit: 200, steps: 100 }],
      ['log', { lines: 400 }],
      ['group', { step: 5, group: record.group, limit: 64, text_length: 4000 }],
    ];
    for (const [name, given] of asked) {
      const { text, failed } = await call(client, name, { run: copy, ...given });
      expect(failed, text.slice(0, 300)).toBe(false);
      expect(text.length, name).toBeLessThan(256 * 1024);
    }
    expect((await call(client, 'groups', { run: copy, limit: 200 })).answer.left_out).toBe(2800);
  });

  test('runs are not controlled', async () => {
    const { failed, text } = await call(client, 'stop_run', { run: basename(directory) });
    expect(failed).toBe(true);
    expect(text).toContain('no question "stop_run"');
  });
});

describe('control, where it is allowed', () => {
  const experiment = () => ({ experiment_file: fixture.experimentFile, set: ['optimization.steps=2'] });
  const runs = async (client: Client): Promise<number> => (await call(client, 'runs')).answer.found;

  test('nothing begins before the second call, whose token holds once', async () => {
    const client = await connect(['--allow-control']);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['start_run', 'stop_run', 'resume_run']),
    );
    const before = await runs(client);
    const { answer: offer } = await call(client, 'start_run', experiment());
    expect(offer).toMatchObject({ would: expect.stringContaining('2 steps'), confirm: expect.any(String) });
    expect(offer.done).toBeUndefined();
    expect(
      (await call(client, 'start_run', { ...experiment(), confirm: 'guess' })).answer.done,
    ).toBeUndefined();
    const other = { ...experiment(), set: ['optimization.steps=200'], confirm: offer.confirm };
    expect((await call(client, 'start_run', other)).answer.done).toBeUndefined();
    expect(await runs(client)).toBe(before);
    const { answer } = await call(client, 'start_run', { ...experiment(), confirm: offer.confirm });
    const folder = await findRun(fixture.runsDirectory, answer.done.run);
    expect(existsSync(folder)).toBe(true);
    expect(
      (await call(client, 'start_run', { ...experiment(), confirm: offer.confirm })).answer.done,
    ).toBeUndefined();
    await finished(folder);
    expect((await call(client, 'stop_run', { run: answer.done.run })).text).toMatch(/nothing to stop/);
    expect((await call(client, 'resume_run', { run: answer.done.run })).text).toMatch(/nothing to resume/);
    const bad = await call(client, 'start_run', { experiment_file: join(fixture.root, 'none.g2rl.json') });
    expect(bad.failed).toBe(true);
  });

  test('a client that can ask its person is asked', async () => {
    const declining = await connect(['--allow-control'], 'no');
    const before = await runs(declining);
    expect((await call(declining, 'start_run', experiment())).answer).toMatchObject({ done: null });
    expect(await runs(declining)).toBe(before);
    const agreeing = await connect(['--allow-control'], 'yes');
    const { answer } = await call(agreeing, 'start_run', experiment());
    expect(answer.done.run).toEqual(expect.any(String));
    const folder = await findRun(fixture.runsDirectory, answer.done.run);
    await finished(folder);
  });
});

import { readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { shape } from '../../../src/cli/shape.js';

class Collector extends Writable {
  readonly chunks: string[] = [];
  /** Most text that was ever waiting, in characters. */
  highest = 0;

  constructor(readonly delay = 0) {
    super({ decodeStrings: false, highWaterMark: 1024 });
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    this.highest = Math.max(this.highest, this.writableLength);
    if (this.delay === 0) done();
    else setTimeout(done, this.delay);
  }

  lines(): Record<string, unknown>[] {
    const text = this.chunks.join('');
    expect(text === '' || text.endsWith('\n')).toBe(true);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

async function run(input: string | Iterable<string | Buffer>) {
  const output = new Collector();
  const result = await shape(Readable.from(typeof input === 'string' ? [input] : input), output);
  expect(output.writableEnded).toBe(false);
  return { ...result, lines: output.lines(), count: result.lines };
}

const errorOf = async (line: unknown): Promise<unknown> =>
  (await run(typeof line === 'string' ? line : JSON.stringify(line))).lines[0]?.error;

describe('g2rl shape', () => {
  it('shapes a group, with the defaults of an experiment', async () => {
    const { lines, failed } = await run('{"features":[[1,0],[1,0],[0,2]],"rewards":[1,-1,1]}\n');
    expect(failed).toBe(0);
    const line = lines[0]!;
    expect(Object.keys(line)).toEqual(['similarity', 'exploration', 'scalers', 'shaped', 'advantages']);
    expect((line.similarity as number[][]).map((row) => row.map(Math.round))).toEqual([
      [1, 1, 0],
      [1, 1, 0],
      [0, 0, 1],
    ]);
    const scalers = line.scalers as number[];
    expect(scalers[2]).toBeCloseTo(1.5, 12);
    expect(Math.min(...scalers)).toBeCloseTo(0.5, 12);
    expect((line.shaped as number[])[1]).toBeLessThan(0);
    expect((line.advantages as number[]).reduce((sum, value) => sum + value)).toBeCloseTo(0, 12);
  });

  it('follows the settings of each line', async () => {
    const group = { features: [[1], [0.5], [0]], rewards: [1, 1, -1] };
    const { lines } = await run(
      [{ lambda: 0 }, { method: 'grpo' }, { scaleRewards: 'none', lambda: 0 }, { clip: 0.25 }]
        .map((settings) => JSON.stringify({ ...group, ...settings }))
        .join('\n'),
    );
    expect(lines).toHaveLength(4);
    expect(lines[0]).toEqual(lines[1]);
    expect(lines[0]!.shaped).toEqual(group.rewards);
    expect((lines[2]!.advantages as number[])[2]).toBeCloseTo(-4 / 3, 12);
    expect(lines[3]!.shaped).toEqual([0.25, 0.25, -0.25]);
  });

  it('reports lines that it cannot use and goes on', async () => {
    const good = '{"features":[[1]],"rewards":[1]}';
    const { lines, failed, count } = await run(
      `${good}\n\n{"features":[[1,2,3,4,5,6,7,8],[1,1,1,1,1,1,1,1],[1,2,3,4]],"rewards":[1,1,1]}\n{"rewar\n${good}`,
    );
    expect({ failed, count }).toEqual({ failed: 2, count: 4 });
    expect(lines[1]!.error).toBe('line 3: features[2] has 4 values, features[0] has 8');
    expect(lines[2]!.error).toMatch(/^line 4: not valid JSON/);
    expect(lines[3]!.shaped).toEqual([1]);
  });

  it('names the field that is at fault', async () => {
    const group = { features: [[1], [2]], rewards: [1, -1] };
    expect(await errorOf({ ...group, lambda: 2 })).toMatch(/^line 1: lambda: .*1/);
    expect(await errorOf({ ...group, shaping: 'sign' })).toMatch(/^line 1: shaping: .*signed/);
    expect(await errorOf({ ...group, lamda: 0.1 })).toMatch(/lamda.*known: .*lambda/);
    expect(await errorOf({ ...group, clip: 0 })).toMatch(/^line 1: clip: /);
    expect(await errorOf({ ...group, rewards: [1] })).toBe(
      'line 1: features has 2 rows, rewards has 1 values',
    );
    expect(await errorOf({ ...group, rewards: [1, 'x'] })).toMatch(/^line 1: rewards\[1\]: /);
    expect(await errorOf({ features: [[1], [{}]], rewards: [1, 1] })).toBe(
      'line 1: features[1][0] is {}, not a number',
    );
    expect(await errorOf({ features: [[1], 2], rewards: [1, 1] })).toMatch(/features\[1\] must be an array/);
    expect(await errorOf({ features: [[]], rewards: [1] })).toMatch(/features\[0\] must be a non-empty/);
    expect(await errorOf({ features: [], rewards: [] })).toMatch(/^line 1: features: /);
    expect(await errorOf({ rewards: [1] })).toMatch(/^line 1: features: /);
    expect(await errorOf('[1,2]')).toMatch(/^line 1: /);
    expect(await errorOf('{"features":[[NaN]],"rewards":[1]}')).toMatch(/write NaN .* as null/);
  });

  it('follows the method of each line, as the vectors say', async () => {
    const file = new URL('../../vectors/methods.json', import.meta.url);
    const cases = JSON.parse(readFileSync(file, 'utf8')) as {
      name: string;
      line: object;
      expected: Record<string, unknown>;
    }[];
    const { lines, failed } = await run(cases.map(({ line }) => JSON.stringify(line)).join('\n'));
    expect(failed).toBe(0);
    const numbers = (value: unknown) => [value].flat(3).map(Number);
    for (const [i, { name, expected }] of cases.entries()) {
      expect(Object.keys(lines[i]!), name).toEqual(Object.keys(expected));
      for (const [key, values] of Object.entries(expected)) {
        const found = numbers(lines[i]![key]);
        const wanted = numbers(values);
        expect(found, name).toHaveLength(wanted.length);
        const errors = wanted.map((value, at) => Math.abs(value - found[at]!));
        expect(Math.max(...errors), `${name}: ${key}`).toBeLessThan(1e-9);
      }
    }
  });

  it('says of each line that it cannot use what the vectors say', async () => {
    const file = new URL('../../vectors/refused.json', import.meta.url);
    const cases = JSON.parse(readFileSync(file, 'utf8')) as { line: string; message: string }[];
    const { lines, failed } = await run(cases.map(({ line }) => line).join('\n'));
    expect(failed).toBe(cases.length);
    expect(lines.map(({ error }) => error)).toEqual(
      cases.map(({ message }, i) => `line ${i + 1}: ${message}`),
    );
  });

  it('survives lines that no program writes', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(await errorOf(`{"features":${deep},"rewards":[1]}`)).toBe('line 1: nested too deeply');
    expect(await errorOf(`{"features":[[1]],"rewards":[1],"clip":1${'0'.repeat(400)}}`)).toMatch(
      /^line 1: clip: must be a number/,
    );
  });

  it('treats a group with an alignment that is not finite as one without geometry', async () => {
    const group = { features: [[1], [2]], rewards: [1, -1], method: 'dirl', alignment: [1, null] };
    const { lines, failed } = await run(JSON.stringify(group));
    expect(failed).toBe(0);
    expect(lines[0]).toMatchObject({ invalid: true, shaped: [1, -1] });
  });

  it('names what a method lacks, and what contradicts a preset', async () => {
    const group = { features: [[1], [2], [3]], rewards: [1, -1, 1] };
    for (const [changes, message] of [
      [{ method: 'pass-at-k' }, 'k: 4 responses are more than the 3 of the group'],
      [{ method: 'pass-at-k', k: 0 }, 'k: '],
      [{ preset: 'ours' }, 'preset: '],
      [{ preset: 'authors', method: 'grpo' }, 'preset: only g2rl has presets, not grpo'],
      [{ preset: 'authors', clip: 2 }, 'clip: the preset "authors" sets it to 3; got 2'],
      [{ preset: 'text', shaping: 'unit' }, 'shaping: the preset "text" sets it to "signed"; got "unit"'],
      [{ method: 'evol-rl' }, 'embeddings: evol-rl needs one of each response'],
      [{ method: 'evol-rl', embeddings: [[1]] }, 'embeddings has 1 rows, rewards has 3 values'],
      [{ method: 'evol-rl', embeddings: [[1], [null], [1]] }, 'embeddings: an embedding is NaN or infinite'],
      [{ method: 'dirl' }, 'alignment: dirl needs one of each response'],
      [{ method: 'dirl', alignment: [1, 2] }, 'alignment has 2 values, rewards has 3'],
      [{ method: 'dirl', alignment: [1, 2, 'x'] }, 'alignment[2] is "x", not a number'],
      [{ method: 'dirl', alignment: [1, 2, 3], memorySign: 'x' }, 'memorySign: '],
    ] as const) {
      expect(String(await errorOf({ ...group, ...changes }))).toContain(`line 1: ${message}`);
    }
  });

  it('keeps the rewards of a group with a feature that is not finite', async () => {
    for (const value of [null, 'NaN', 'Infinity', '-Infinity']) {
      const { lines, failed } = await run(JSON.stringify({ features: [[1], [value]], rewards: [1, -1] }));
      expect(failed).toBe(0);
      expect(lines[0]).toMatchObject({ invalid: true, shaped: [1, -1], exploration: [0, 0] });
    }
  });

  it('reads lines that arrive in pieces, characters split included', async () => {
    const text = Buffer.from(
      '{"features":[[1]],"rewards":[1],"é":1}\r\n{"features":[[1]],"rewards":[1]}\r\n',
    );
    const { lines } = await run([...text].map((byte) => Buffer.of(byte)));
    expect(lines[0]!.error).toContain('"é"');
    expect(lines[1]!.shaped).toEqual([1]);
    expect(lines).toHaveLength(2);
    expect((await run('')).count).toBe(0);
  });

  it('waits for a slow reader', async () => {
    const line = `${JSON.stringify({ features: Array(16).fill([1, 2]), rewards: Array(16).fill(1) })}\n`;
    const output = new Collector(1);
    const result = await shape(Readable.from(Array(50).fill(line)), output);
    expect(result).toEqual({ lines: 50, failed: 0 });
    const size = output.chunks[0]!.length;
    // What waits is what the stream's own buffers hold, not the 50 lines.
    expect(output.highest).toBeLessThan(5 * size);
  });

  it('fails when the output fails', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('pipe is gone')) });
    const line = '{"features":[[1]],"rewards":[1]}\n';
    await expect(shape(Readable.from(Array(100).fill(line)), broken)).rejects.toThrow('pipe is gone');
  });
});

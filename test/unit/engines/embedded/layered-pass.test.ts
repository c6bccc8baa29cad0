/** Passes that go layer by layer, with logits of a part of the tokens at a time. */
import { expect, test } from 'vitest';
import { ChunkFeeds } from '../../../../src/engines/embedded/chunk-pass.js';
import { LayeredPass } from '../../../../src/engines/embedded/layered-pass.js';
import {
  goesByLayers,
  layeredBytes,
  rowsOfHead,
  rowsPerPass,
  wholeBytes,
} from '../../../../src/engines/embedded/plan/pass-size.js';
import { chunkSequences } from '../../../../src/engines/embedded/sequences.js';
import { options } from './device.js';
import { loadCase, relativeError } from './parity-case.js';

test.each(['tied-grouped', 'untied-full'])('%s: logits in parts are those of all at once', async (name) => {
  const { config, blocks, weights, sequences, temperature } = loadCase(name);
  const [chunk] = chunkSequences(sequences, 8, config.padTokenId);
  const { packed } = chunk!.shape;
  const pass = async (rows: number) => {
    const feeds = new ChunkFeeds(config);
    const layers = new LayeredPass(config, blocks, feeds, options, rows);
    const states = await layers.forward(weights, chunk!, temperature, true);
    const statistics = await layers.statistics(weights, states, packed);
    const gradient = new Float32Array(weights.length);
    const by = (scale: number) =>
      Float32Array.from({ length: packed }, (_, token) => Math.cos(scale * token));
    await layers.backward(weights, chunk!, states, { logProbability: by(1), entropy: by(2) }, gradient);
    await layers.release();
    return { ...statistics, gradient };
  };
  const whole = await pass(packed);
  // Also sizes that do not divide the tokens: the last part is filled up with nothing.
  for (const rows of [1, 7, Math.ceil(packed / 2) + 1]) {
    const parts = await pass(rows);
    for (const key of ['logProbability', 'entropy', 'gradient'] as const) {
      expect(relativeError(parts[key], whole[key])).toBeLessThan(1e-5);
    }
  }
});

/** Of Qwen3-0.6B. */
const real = {
  ...loadCase('tied-grouped').config,
  vocabSize: 151_936,
  hiddenSize: 1024,
  layers: 28,
  heads: 16,
  kvHeads: 8,
  headDim: 128,
  intermediateSize: 3072,
};

test('small policies are computed at once, large ones layer by layer in passes that fit', () => {
  const small = { ...loadCase('tied-grouped').config, hiddenSize: 128, layers: 4, intermediateSize: 384 };
  const short = { rows: 256, length: 32, prefix: 16 };
  expect(rowsPerPass(small, short, {})).toBe(128);
  const shape = { groups: 8, rowsPerGroup: 16, length: 32, prefix: 16, packed: 4096 };
  expect(goesByLayers(small, shape, {})).toBe(false);
  expect(goesByLayers(small, shape, { byLayers: true })).toBe(true);

  const long = { rows: 64, length: 513, prefix: 256 };
  const rows = rowsPerPass(real, long, {});
  expect(rows).toBeGreaterThanOrEqual(4);
  expect(rows).toBeLessThanOrEqual(16);
  const pass = { groups: 1, rowsPerGroup: rows, length: 513, prefix: 256, packed: rows * 513 };
  expect(goesByLayers(real, pass, {})).toBe(true);
  expect(layeredBytes(real, { ...long, rows })).toBeLessThan(5e9);
  expect(wholeBytes(real, { ...long, rows })).toBeGreaterThan(2e10);
  // No matrix of logits is larger than this.
  expect(rowsOfHead(real) * real.vocabSize * 4).toBeLessThanOrEqual(2 ** 27);
  expect(rowsPerPass(real, long, { rows: 3 })).toBe(3);
});

/** The engine against transformers and torch, on random policies of three shapes. */
import { describe, expect, test } from 'vitest';
import { FeatureProgram } from '../../../../src/engines/embedded/features.js';
import { GradientAccumulator, type Objective } from '../../../../src/engines/embedded/gradient.js';
import { GraphBuilder } from '../../../../src/engines/embedded/graph/builder.js';
import { LogProbabilities } from '../../../../src/engines/embedded/log-probabilities.js';
import { weightFeeds } from '../../../../src/engines/embedded/model/blocks.js';
import { declareWeights, decoder, logits } from '../../../../src/engines/embedded/model/decoder.js';
import { AdamW } from '../../../../src/engines/embedded/optimizer.js';
import type { PassSettings } from '../../../../src/engines/embedded/plan/pass-size.js';
import { Program } from '../../../../src/engines/embedded/program.js';
import { Sampler } from '../../../../src/engines/embedded/rollout.js';
import { chunkSequences, scatterToGrid } from '../../../../src/engines/embedded/sequences.js';
import { options, testIf, testOnProcessor } from './device.js';
import {
  caseNames,
  type LossCase,
  largestError,
  loadCase,
  type ParityCase,
  relativeError,
} from './parity-case.js';

const totalTokens = ({ sequences }: ParityCase) =>
  sequences.reduce((total, { completion }) => total + completion.length, 0);

/** The gradient of one loss over all sequences, in chunks of two rows so that accumulation is tested as well. */
async function policyGradient(parity: ParityCase, kind: LossCase, weights: Float32Array, pass: PassSettings) {
  const { config, blocks, sequences, advantages, temperature, clipRange } = parity;
  const objective: Objective = { kind: 'policy', settings: { ...kind, clipRange } };
  const accumulator = new GradientAccumulator(config, blocks, objective, options, pass);
  const old = parity.perSequence('old');
  const reference = parity.perSequence('reference');
  const tokens = totalTokens(parity);
  let loss = 0;
  for (const chunk of chunkSequences(sequences, 2, config.padTokenId)) {
    const length = (sequence: number) => sequences[sequence]!.completion.length;
    const grids = {
      mask: chunk.mask,
      weights: scatterToGrid(chunk, sequences, (sequence) =>
        kind.lossNormalization === 'token' ? 1 / tokens : 1 / (length(sequence) * sequences.length),
      ),
      advantages: scatterToGrid(chunk, sequences, (sequence) => advantages[sequence]!),
      oldLogProbabilities: scatterToGrid(chunk, sequences, (sequence, token) => old[sequence]![token]!),
      referenceLogProbabilities: scatterToGrid(
        chunk,
        sequences,
        (sequence, token) => reference[sequence]![token]!,
      ),
      sequenceWeights: scatterToGrid(chunk, sequences, (sequence) => 1 / length(sequence)),
      entropyWeights: scatterToGrid(chunk, sequences, () => 1 / tokens),
    };
    loss += (await accumulator.add(weights, chunk, temperature, grids)).loss!;
  }
  const gradient = accumulator.gradient;
  await accumulator.release();
  return { loss, gradient };
}

describe.each(caseNames)('%s', (name) => {
  const parity = loadCase(name);
  const { config, blocks, weights, sequences } = parity;

  test('logits', async () => {
    const length = Math.max(...sequences.map(({ prompt, completion }) => prompt.length + completion.length));
    const graph = new GraphBuilder('logits', options.device);
    const { weights: weight } = declareWeights(graph, blocks, false);
    const input = graph.input('tokens', 'int32', [sequences.length * length]);
    const { hidden } = decoder(graph, config, weight, input, sequences.length, length);
    graph.output('logits', logits(graph, config, weight, hidden));
    const program = await Program.compile(graph, options);
    const tokens = new Int32Array(sequences.length * length);
    sequences.forEach(({ prompt, completion }, row) => {
      tokens.set([...prompt, ...completion], row * length);
    });
    const result = await program.run({
      ...weightFeeds(blocks, weights),
      tokens: { data: tokens, shape: [tokens.length] },
    });
    const found = sequences.flatMap(({ prompt, completion }, row) => {
      const start = row * length * config.vocabSize;
      const size = (prompt.length + completion.length) * config.vocabSize;
      return [...result.logits!.slice(start, start + size)];
    });
    expect(largestError(found, parity.expected('logits'))).toBeLessThan(1e-4);
  });

  test('features equal those of a backward pass', async () => {
    const program = await FeatureProgram.create(config, blocks, options);
    const features = await program.compute(weights, {
      responses: sequences.map(({ completion }) => ({
        tokens: [...completion],
        logProbabilities: new Float32Array(completion.length),
        finished: true,
      })),
      probabilitySums: parity.expected('probabilitySums'),
    });
    expect(relativeError(features, parity.expected('features'))).toBeLessThan(1e-5);
  });

  test('greedy continuations, prompts of different lengths in one batch', async () => {
    const sampler = new Sampler({ ...config, eosTokenIds: [] }, blocks, options);
    const { responses } = await sampler.sample(weights, {
      prompts: parity.greedy.map(({ prompt }) => prompt),
      samplesPerPrompt: 2,
      maxNewTokens: 10,
      temperature: 0,
      fillUniforms: () => {},
    });
    const expected = parity.greedy.flatMap(({ completion }) => [completion, completion]);
    expect(responses.map(({ tokens }) => tokens)).toEqual(expected);
  });
});

const cases = caseNames.flatMap((name) => [false, true].map((byLayers) => ({ name, byLayers })));

describe.each(cases)('$name, by layers: $byLayers', ({ name, ...pass }) => {
  const parity = loadCase(name);
  const { config, blocks, weights, sequences, temperature } = parity;
  // What a loss makes of log-probabilities and entropies does not depend on the policy: all of them once in a driver
  // that computes on the processor.
  const everything = options.device === 'cpu' || name === caseNames[0];
  const losses = Object.entries(parity.losses).filter(([loss]) => everything || loss === 'token-entropy');

  test('log-probabilities of completions', async () => {
    const scorer = new LogProbabilities(config, blocks, options, pass);
    const chunks = chunkSequences(sequences, 4, config.padTokenId);
    const scores = await scorer.score(weights, sequences, chunks, temperature);
    expect(
      largestError(
        scores.flatMap((score) => [...score]),
        parity.expected('logProbabilities'),
      ),
    ).toBeLessThan(1e-5);
  });

  test.each(losses)('gradient of the %s loss', async (lossName, kind) => {
    const { loss, gradient } = await policyGradient(parity, kind, weights, pass);
    expect(loss).toBeCloseTo(kind.loss, 5);
    const expected = parity.fromTorchOrder(parity.expected(`gradient.${lossName}`));
    expect(relativeError(gradient, expected)).toBeLessThan(1e-4);
  });

  testOnProcessor('the entropy bonus is that of a mean token, however the loss is normalized', async () => {
    const bonus = async (lossNormalization: LossCase['lossNormalization']) => {
      const kind = { ...parity.losses.token!, lossNormalization };
      const without = await policyGradient(parity, kind, weights, pass);
      const entropyCoefficient = 0.5;
      const { loss, gradient } = await policyGradient(parity, { ...kind, entropyCoefficient }, weights, pass);
      return {
        loss: (without.loss - loss) / entropyCoefficient,
        gradient: gradient.map((value, entry) => value - without.gradient[entry]!),
      };
    };
    const [token, sequence] = [await bonus('token'), await bonus('sequence')];
    const entropies = parity.expected('entropies');
    const mean = entropies.reduce((total, entropy) => total + entropy, 0) / entropies.length;
    expect(token.loss).toBeCloseTo(mean, 5);
    expect(sequence.loss).toBeCloseTo(mean, 5);
    expect(relativeError(sequence.gradient, token.gradient)).toBeLessThan(1e-4);
  });

  test('gradient of cross-entropy', async () => {
    const accumulator = new GradientAccumulator(config, blocks, { kind: 'supervised' }, options, pass);
    let loss = 0;
    for (const chunk of chunkSequences(sequences, 4, config.padTokenId)) {
      const grid = scatterToGrid(chunk, sequences, () => 1 / totalTokens(parity));
      loss += (await accumulator.add(weights, chunk, temperature, { weights: grid })).loss!;
    }
    expect(loss).toBeCloseTo(parity.supervisedLoss, 5);
    const expected = parity.fromTorchOrder(parity.expected('gradient.supervised'));
    expect(relativeError(accumulator.gradient, expected)).toBeLessThan(1e-4);
  });

  testOnProcessor(
    'responses that share their prompt have the gradient that they have one by one',
    async () => {
      // Prompts of 5, 1, 30 and 3 tokens: three with two to four responses each, of different lengths, and one alone.
      const [short, longer] = [sequences[0]!.prompt, sequences[3]!.prompt];
      const asked = [longer, short.slice(0, 1), Array.from({ length: 10 }, () => short).flat(), short];
      const shared = [4, 2, 3, 1].flatMap((count, group) =>
        Array.from({ length: count }, (_, place) => ({
          prompt: asked[group]!,
          completion: sequences[(group + place) % sequences.length]!.completion.slice(
            0,
            1 + ((group + place) % 5),
          ),
        })),
      );
      const gradient = async (rows: number) => {
        const accumulator = new GradientAccumulator(config, blocks, { kind: 'supervised' }, options, pass);
        for (const chunk of chunkSequences(shared, rows, config.padTokenId)) {
          const weightOf = (sequence: number, token: number) => 0.1 + 0.05 * sequence - 0.03 * token;
          await accumulator.add(weights, chunk, temperature, {
            weights: scatterToGrid(chunk, shared, weightOf),
          });
        }
        await accumulator.release();
        return accumulator.gradient;
      };
      const alone = await gradient(1);
      for (const rows of [2, 3, 8, 64]) expect(relativeError(await gradient(rows), alone)).toBeLessThan(1e-5);
    },
  );

  testIf(everything)('three AdamW steps with clipping', async () => {
    const { lr, loss, gradientNorms, ...settings } = parity.adamw;
    const trained = weights.slice();
    const optimizer = new AdamW(settings, trained);
    for (let step = 1; step <= 3; step++) {
      const { gradient } = await policyGradient(parity, parity.losses[loss]!, trained, pass);
      const norm = optimizer.step(gradient, lr);
      expect(norm / gradientNorms[step - 1]!).toBeCloseTo(1, 4);
      if (step === 2) continue;
      const expected = parity.fromTorchOrder(parity.expected(`adamw.${step}`));
      expect(relativeError(trained, expected)).toBeLessThan(1e-5);
    }
  });
});

import { GraphBuilder } from '../../../../src/engines/embedded/graph/builder.js';
import { weightBlocks, weightFeeds } from '../../../../src/engines/embedded/model/blocks.js';
import { declareWeights, decoder, logits } from '../../../../src/engines/embedded/model/decoder.js';
import type { Policy } from '../../../../src/engines/embedded/model/policy-folder.js';
import { Program } from '../../../../src/engines/embedded/program.js';
import { options } from './device.js';

/** The engine's logits for one text, [tokens, vocabulary]. */
export async function policyLogits(
  { config, layout, weights }: Policy,
  tokens: readonly number[],
): Promise<number[][]> {
  const blocks = weightBlocks(config, layout);
  const graph = new GraphBuilder('logits', options.device);
  const declared = declareWeights(graph, blocks, false).weights;
  const input = graph.input('tokens', 'int32', [tokens.length]);
  const { hidden } = decoder(graph, config, declared, input, 1, tokens.length);
  graph.output('logits', logits(graph, config, declared, hidden));
  const program = await Program.compile(graph, options);
  const result = await program.run({
    ...weightFeeds(blocks, weights),
    tokens: { data: Int32Array.from(tokens), shape: [tokens.length] },
  });
  await program.release();
  return tokens.map((_, row) => [
    ...result.logits!.slice(row * config.vocabSize, (row + 1) * config.vocabSize),
  ]);
}

/** The forward pass over a chunk of sequences, and what it is fed: common to log-probabilities and gradients. */
import {
  type Feed,
  type GraphBuilder,
  type GroupAttentionInputs,
  type GroupShape,
  hiddenScore,
  rotaryRows,
  rotaryTables,
  type Value,
} from './graph/index.js';
import { groupDecoder, logits, type ModelConfig } from './model/index.js';
import { type TokenStatistics, tokenStatistics } from './objective.js';
import type { SequenceChunk } from './sequences.js';

/** Names a graph among those compiled for other sizes. */
export const shapeKey = ({ groups, rowsPerGroup, length, packed, prefix }: GroupShape): string =>
  [groups, rowsPerGroup, length, packed, prefix].join('x');

export interface ChunkPass {
  /** Of the packed tokens, [packed] each. */
  statistics: TokenStatistics;
  /** [rows·length] int32 and [packed] int32, for `reindex` */
  placeOfCell: Value;
  cellOfPlace: Value;
}

/** Declares what says where tokens are; n = `size` of them. */
export function declareGroupInputs(
  graph: GraphBuilder,
  config: ModelConfig,
  { groups, rowsPerGroup, length, packed, prefix }: GroupShape,
): GroupAttentionInputs & { size: number } {
  const size = packed + groups * prefix;
  const half = config.headDim / 2;
  return {
    size,
    cosines: graph.input('cosines', 'float32', [size, half]),
    sines: graph.input('sines', 'float32', [size, half]),
    placeOfCell: graph.input('placeOfCell', 'int32', [groups * rowsPerGroup * length]),
    cellOfPlace: graph.input('cellOfPlace', 'int32', [packed]),
    prefixBias: graph.input('prefixBias', 'float32', [groups * config.kvHeads, 1, prefix]),
  };
}

/** Declares the inputs that `ChunkFeeds` gives, and the pass. */
export function chunkPass(
  graph: GraphBuilder,
  config: ModelConfig,
  weights: (name: string) => Value,
  shape: GroupShape,
): ChunkPass {
  const inputs = declareGroupInputs(graph, config, shape);
  const { placeOfCell, cellOfPlace, size } = inputs;
  const tokens = graph.input('tokens', 'int32', [size]);
  const hidden = groupDecoder(graph, config, weights, tokens, inputs, shape);
  const statistics = tokenStatistics(
    graph,
    logits(graph, config, weights, hidden),
    graph.input('targets', 'int32', [shape.packed]),
    graph.input('temperature', 'float32', []),
  );
  return { statistics, placeOfCell, cellOfPlace };
}

/** Feeds of chunks; the rotary tables are made once. */
export class ChunkFeeds {
  readonly #rotary: { cosines: Float32Array; sines: Float32Array };

  constructor(private readonly config: ModelConfig) {
    this.#rotary = rotaryTables(config.maxPositions, config.headDim, config.ropeTheta);
  }

  of(chunk: SequenceChunk, temperature: number): Record<string, Feed> {
    const { headDim, kvHeads } = this.config;
    const { groups, packed, prefix } = chunk.shape;
    const size = chunk.tokens.length;
    const prefixBias = new Float32Array(groups * kvHeads * prefix);
    for (const [group, length] of chunk.prefixLengths.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const start = (group * kvHeads + head) * prefix;
        prefixBias.fill(hiddenScore, start + length, start + prefix);
      }
    }
    return {
      tokens: { data: chunk.tokens, shape: [size] },
      targets: { data: chunk.targets, shape: [packed] },
      placeOfCell: { data: chunk.placeOfCell, shape: [chunk.placeOfCell.length] },
      cellOfPlace: { data: chunk.cellOfPlace, shape: [packed] },
      ...rotaryRows(this.#rotary, headDim, chunk.positions),
      prefixBias: { data: prefixBias, shape: [groups * kvHeads, 1, prefix] },
      temperature: { data: Float32Array.of(temperature), shape: [] },
    };
  }
}

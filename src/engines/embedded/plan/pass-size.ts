/** How much a pass over whole sequences holds at once, and what follows: rows of a pass, and one layer at a time. */
import type { Experiment } from '../../../experiment/index.js';

/** The sizes of a policy that memory depends on, as counts. */
export interface PolicySizes {
  vocabSize: number;
  hiddenSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediateSize: number;
  tieWordEmbeddings: boolean;
}

/** What an experiment says of its passes; both are chosen by size where it does not. */
export interface PassSettings {
  /** Responses of a pass, at most. */
  rows?: number | undefined;
  /** Run layer by layer, computing activations twice. */
  byLayers?: boolean | undefined;
}

export function passSettings({ torch }: Pick<Experiment, 'torch'>): PassSettings {
  return { rows: torch.rowsPerPass, byLayers: torch.gradientCheckpointing };
}

/** The sizes of a pass that graphs are compiled for, with what fills them up. */
export interface PassShape {
  groups: number;
  rowsPerGroup: number;
  length: number;
  prefix: number;
}

/** Sizes of a pass: responses of so many tokens to prompts of so many. */
export interface PassSize {
  rows: number;
  length: number;
  prefix: number;
}

/** Rows of a gradient pass of a small model: few enough for the processor's cache, enough for full-speed products. */
const mostRows = { cpu: 128, webgpu: 512 } as const;
export type PassDevice = keyof typeof mostRows;

/** A pass of one graph may keep so much for its way back; more is computed layer by layer. */
const wholePassBytes = 2 * 2 ** 30;

/** What one layer may take on its way back. */
const layerPassBytes = 1.5 * 2 ** 30;

/** Logits of one part of the tokens, where not all exist at once. */
const logitsBytes = 128 * 2 ** 20;

/** Matrices of logits alive at once: scaled, their logarithms, probabilities, targets, gradients. */
const logitsAlive = 7;

/** Bytes of one layer's activations, forwards and backwards. */
function layerBytes(config: PolicySizes, { rows, length, prefix }: PassSize): number {
  const { hiddenSize, heads, kvHeads, headDim, intermediateSize } = config;
  const perToken =
    6 * hiddenSize +
    (5 * heads + 6 * kvHeads) * headDim +
    6 * intermediateSize +
    3 * heads * (length + prefix);
  return 4 * rows * (length + prefix / Math.min(rows, 8)) * perToken;
}

/** Bytes of a pass of one graph, forwards and backwards. */
export function wholeBytes(config: PolicySizes, size: PassSize): number {
  const logits = 4 * size.rows * size.length * config.vocabSize;
  return config.layers * layerBytes(config, size) + logitsAlive * logits;
}

/** Bytes of a pass that goes layer by layer. */
export function layeredBytes(config: PolicySizes, size: PassSize): number {
  const states = 4 * size.rows * (size.length + size.prefix) * config.hiddenSize * (config.layers + 1);
  return (
    states + Math.max(2 * layerBytes(config, size), logitsAlive * rowsOfHead(config) * 4 * config.vocabSize)
  );
}

/** Whether a pass of this shape goes layer by layer. */
export function goesByLayers(config: PolicySizes, shape: PassShape, { byLayers }: PassSettings): boolean {
  const { groups, rowsPerGroup, length, prefix } = shape;
  return byLayers ?? wholeBytes(config, { rows: groups * rowsPerGroup, length, prefix }) > wholePassBytes;
}

/** Tokens whose logits are computed at once. */
export function rowsOfHead(config: PolicySizes): number {
  return Math.max(1, Math.floor(logitsBytes / (4 * config.vocabSize)));
}

/** The size of a pass over all sequences. */
export function sizeOf(
  sequences: readonly { prompt: ArrayLike<number>; completion: ArrayLike<number> }[],
): PassSize {
  return {
    rows: sequences.length,
    length: Math.max(...sequences.map(({ completion }) => completion.length)) + 1,
    prefix: Math.max(...sequences.map(({ prompt }) => prompt.length)),
  };
}

/** Responses of one pass, at most. */
export function rowsPerPass(
  config: PolicySizes,
  size: PassSize,
  settings: PassSettings,
  device: PassDevice = 'cpu',
): number {
  let rows = Math.min(settings.rows ?? mostRows[device], size.rows);
  if (settings.rows !== undefined) return rows;
  const bytes = (count: number) => {
    const part = { ...size, rows: count };
    if (settings.byLayers === false) return wholeBytes(config, part) - (wholePassBytes - layerPassBytes);
    const isWhole = settings.byLayers === undefined && wholeBytes(config, part) <= wholePassBytes;
    return isWhole ? 0 : layerBytes(config, part);
  };
  while (rows > 1 && bytes(rows) > layerPassBytes) rows = Math.ceil(rows / 2);
  return rows;
}

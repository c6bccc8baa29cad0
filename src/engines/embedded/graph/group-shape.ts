/** Responses that share their prompts: how many, how long, and where their tokens are. */
import type { Value } from './value.js';

/** Static sizes of responses that share their prompts: what a graph is compiled for. */
export interface GroupShape {
  /** Prompts. */
  groups: number;
  /** Rows for each prompt, some of which may be empty. */
  rowsPerGroup: number;
  /** Cells of each row: its response tokens and at least one that stays empty. */
  length: number;
  /** Packed response tokens, at least one of which stays empty. */
  packed: number;
  /** Tokens of each prompt before its last, padded on the right; at least 1. */
  prefix: number;
}

export interface GroupAttentionShape extends GroupShape {
  heads: number;
  kvHeads: number;
  headDim: number;
  epsilon: number;
}

/** What says where tokens are. n = packed + groups·prefix tokens, those of responses first. */
export interface GroupAttentionInputs {
  /** [n, headDim / 2] of each token's position */
  cosines: Value;
  sines: Value;
  /** [groups·rowsPerGroup·length] int32: the packed place of each cell; an empty place for empty cells */
  placeOfCell: Value;
  /** [packed] int32: the cell of each packed token; an empty cell for empty places */
  cellOfPlace: Value;
  /** [groups·kvHeads, 1, prefix] added to the scores: 0, or `hiddenScore` where a prompt has no token */
  prefixBias: Value;
}

/** The passes over whole sequences: how they are cut, and who computes which. */
import type { Device } from './graph/index.js';
import type { ModelConfig } from './model/index.js';
import { dealOut, type PassSettings, rowsPerPass, rowsPerShare, sizeOf } from './plan/index.js';
import { chunkGroups, chunkSequences, groupsOf, type Sequence, type SequenceChunk } from './sequences.js';

export interface PassPlan {
  chunks: SequenceChunk[];
  /** The chunks of each share. */
  hands: number[][];
}

/** @param shares how many threads compute passes at the same time, at most */
export function planPasses(
  { padTokenId, ...config }: ModelConfig,
  sequences: readonly Sequence[],
  settings: PassSettings,
  device: Device,
  shares: number,
): PassPlan {
  const size = sizeOf(sequences);
  const rows = shares > 1 ? rowsPerShare(config, size, settings, shares) : 0;
  if (rows === 0) {
    const alone = rowsPerPass(config, size, settings, device);
    const chunks = chunkSequences(sequences, alone, padTokenId, device);
    return { chunks, hands: [[...chunks.keys()]] };
  }
  const groups = groupsOf(sequences, rows);
  const tokensOf = (group: readonly number[]) =>
    group.reduce((total, index) => total + sequences[index]!.completion.length, 0);
  const chunks: SequenceChunk[] = [];
  const hands = dealOut(groups.map(tokensOf), Math.min(shares, groups.length)).map((dealt) => {
    const own = dealt.map((group) => groups[group]!);
    const first = chunks.length;
    chunks.push(...chunkGroups(sequences, own, rows, padTokenId, device));
    return Array.from({ length: chunks.length - first }, (_, place) => first + place);
  });
  return { chunks, hands };
}

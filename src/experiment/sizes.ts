/** How large the numbers of an experiment may be: far above what is used, and below what only ends without memory. */
import { t } from '@vscode/l10n';
import { z } from 'zod';

export const sizeLimits = {
  threads: 1024,
  prompts: 65_536,
  /** Responses to one prompt. */
  group: 4096,
  /** Tokens of one response. */
  tokens: 1_048_576,
  steps: 10_000_000,
  epochs: 1000,
  /** Responses to one problem of a benchmark. */
  samples: 65_536,
  problems: 10_000_000,
  /** Entries of a list. */
  list: 256,
  /** Of a reward, either way. */
  weight: 1e9,
  rank: 16_384,
  /** Training processes on one node. */
  processes: 1024,
  nodes: 65_536,
  /** Responses in one pass. */
  rows: 65_536,
} as const;

/** A whole number from `least` to `most`. */
export const size = (most: number, least = 1) => z.int().min(least).max(most);

/** Per token of a response: its id, two probabilities and its entropy. */
const bytesPerToken = 16;
const maxBytes = 64 * 2 ** 30;

/**
 * Says how much memory the responses of one step take when they are as long as they may be, or null when that is
 * not too much for any machine.
 */
export function oversizedStep(prompts: number, group: number, tokens: number): string | null {
  const bytes = prompts * group * tokens * bytesPerToken;
  if (bytes <= maxBytes) return null;
  const inGigabytes = (count: number) => `${Math.round(count / 2 ** 30).toLocaleString('en')} GiB`;
  return t('about {0} of memory; at most {1} are possible', inGigabytes(bytes), inGigabytes(maxBytes));
}

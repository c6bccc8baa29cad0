/** Runs whose trainer is not one of ours: what they log is theirs to choose. Pure. */
import type { RunManifest } from '../protocol/index.js';

/** Whether a log of another program was imported, or a script of one's own trains. */
export function isForeign({ imported, script }: Pick<RunManifest, 'imported' | 'script'>): boolean {
  return imported !== undefined || script !== undefined;
}

/** Merge: makes an ordinary policy folder of a checkpoint of adapters, in its own process. */
import { z } from 'zod';
import type { Host } from './host.js';
import { runTrainerJob } from './trainer-job.js';
import type { Ui } from './ui.js';

export interface Merging {
  /** Folder of adapters. Absolute. */
  folder: string;
  /** Folder that the policy is written to. Absolute. */
  output: string;
}

const resultSchema = z.looseObject({ directory: z.string(), base: z.string() });
export type MergingResult = z.infer<typeof resultSchema>;

/** @returns null when the person cancelled it. @throws KnownError */
export function mergeAdapters(request: Merging, host: Host, ui: Ui): Promise<MergingResult | null> {
  return runTrainerJob({ kind: 'merge', title: 'Merging', request, result: resultSchema }, host, ui);
}

/** Pretrain: makes a starting policy by supervised training, in its own process. */
import { z } from 'zod';
import type { Host } from './host.js';
import { runTrainerJob } from './trainer-job.js';
import type { Ui } from './ui.js';

export interface Pretraining {
  /** File of settings in JSON; null takes those of the shipped policy. Absolute. */
  config: string | null;
  /** Folder that the policy is written to. Absolute. */
  output: string;
  /** Settings that override those of the file. */
  set: unknown;
}

/** More than this is for people. */
const resultSchema = z.looseObject({ directory: z.string() });
export type PretrainingResult = z.infer<typeof resultSchema>;

/** @returns null when the person cancelled it. @throws KnownError */
export function pretrainPolicy(request: Pretraining, host: Host, ui: Ui): Promise<PretrainingResult | null> {
  return runTrainerJob({ kind: 'pretrain', title: 'Pretraining', request, result: resultSchema }, host, ui);
}

/** What an evaluation of a policy folder or checkpoint is asked for, whichever engine does it. */
import { z } from 'zod';
import { benchmarkRequestSchema } from '../../experiment/index.js';

/** What a job is asked to evaluate. */
export const evaluationRequestSchema = z.looseObject({
  folder: z.string(),
  threads: z.int().min(0).default(0),
  /** Where the responses are kept when the policy is not a checkpoint of a run. */
  samplesFolder: z.string().default('.g2rl'),
  /** A benchmark as an experiment names it; paths of files are absolute or relative to the working directory. */
  benchmark: benchmarkRequestSchema.prefault({}),
});
export type EvaluationRequest = z.infer<typeof evaluationRequestSchema>;

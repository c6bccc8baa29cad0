/** What a trainer process is asked to do: parsed once, where the process begins. */
import { z } from 'zod';
import { InputError, reasonOf } from '../../errors.js';
import { benchmarkRequestSchema, deviceSchema } from '../../experiment/index.js';
import { torchPlaceSchema } from '../../runs/protocol/index.js';

/** Train the run of a directory, or resume it. */
export const runRequestSchema = z.object({
  directory: z.string(),
  /** Needed by runs of the torch engine, and by rewards in Python. */
  torch: torchPlaceSchema.optional(),
  /** Where the embedded engine computes, instead of what the experiment asks. */
  device: deviceSchema.optional(),
});

/** Score a policy folder or checkpoint. */
export const evaluationRequestSchema = z.object({
  folder: z.string(),
  threads: z.int().min(0).default(0),
  /** `auto`: as the run of the checkpoint trained, else the processor. */
  device: deviceSchema.default('auto'),
  /** Where the responses are kept when the policy is not a checkpoint of a run. */
  samplesFolder: z.string().default('.g2rl'),
  /** A benchmark as an experiment names it; paths of files are absolute or relative to the working directory. */
  benchmark: benchmarkRequestSchema.prefault({}),
  /** Compares the texts: an absolute folder or a name on the hub; by default that of the checkpoint's run, if any. */
  embeddingModel: z.string().min(1).optional(),
  /** With it, a checkpoint of a torch run is scored by its own engine; without it, by the embedded one. */
  torch: torchPlaceSchema.optional(),
});
export type EvaluationRequest = z.infer<typeof evaluationRequestSchema>;

/** Make a policy folder from demonstrations. */
export const pretrainRequestSchema = z.object({
  /** A JSON file of settings. */
  config: z.string().nullable().default(null),
  output: z.string(),
  /** Settings that override those of the file. */
  set: z.record(z.string(), z.unknown()).default({}),
});
export type PretrainRequest = z.infer<typeof pretrainRequestSchema>;

/** Make a policy folder of adapters and their base. */
export const mergeRequestSchema = z.object({ folder: z.string(), output: z.string() });
export type MergeRequest = z.infer<typeof mergeRequestSchema>;

/** @throws InputError naming the field */
export function parseRequest<Request>(schema: z.ZodType<Request>, text: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      `The request is not valid JSON (${reasonOf(error)}).`,
      'Correct it and start again.',
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InputError(`${issue?.path.join('.')}: ${issue?.message}.`, 'Correct it and start again.');
}

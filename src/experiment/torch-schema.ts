/** The part of an experiment that the torch engine reads, and the embedded one some of. */
import { z } from 'zod';
import { size, sizeLimits } from './sizes.js';

/** Names of the linear modules of a layer, as Hugging Face has them. */
export const linearModules: readonly string[] = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
];

const loraSchema = z
  .strictObject({
    rank: size(sizeLimits.rank).default(16).describe('Rank r of the adapters.'),
    alpha: z.number().positive().default(32).describe('Scale α: the adapters are multiplied by α / r.'),
    targets: z
      .union([z.literal('all-linear'), z.array(z.string().min(1)).min(1)])
      .default('all-linear')
      .describe('Modules that get adapters: all linear ones except the head, or their names.'),
  })
  .describe(
    'Train low-rank adapters and leave the weights as they are. The reference is the policy without them.',
  );

const vllmSchema = z
  .strictObject({
    mode: z
      .enum(['colocate', 'server'])
      .default('colocate')
      .describe('colocate: in the training processes, on the same GPUs. server: your own vLLM server.'),
    server: z
      .url({ protocol: /^https?$/ })
      .default('http://localhost:8000')
      .describe(
        'Address of the server. Used by mode server. Start it on separate GPUs: VLLM_SERVER_DEV_MODE=1 vllm serve <policy> --logprobs-mode processed_logprobs --weight-transfer-config \'{"backend":"nccl"}\'',
      ),
    gpuMemoryUtilization: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.3)
      .describe('Share of each GPU that vLLM may take. Used by mode colocate.'),
    tensorParallel: size(sizeLimits.processes)
      .default(1)
      .describe('GPUs that one copy of the policy is split over. Used by mode colocate.'),
  })
  .describe('Sample with vLLM instead of transformers.');

export const torchSchema = z
  .strictObject({
    cpu: z.boolean().default(false).describe('Do not use the GPU: slow, for trials.'),
    processes: size(sizeLimits.processes)
      .default(1)
      .describe('Training processes on each node: one per GPU. accelerate starts them.'),
    nodes: size(sizeLimits.nodes)
      .default(1)
      .describe('Machines. More than one are started by a script: "G2RL: New Slurm Script" writes it.'),
    accelerateConfig: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Configuration of accelerate (FSDP, DeepSpeed, mixed precision), relative to this file. processes and nodes here override those in it. Paths in it are relative to its folder.',
      ),
    dtype: z
      .enum(['float32', 'bfloat16'])
      .default('float32')
      .describe(
        'Type of the weights. With float32 the passes on a GPU still run in bfloat16; with bfloat16 small updates are lost.',
      ),
    rowsPerPass: size(sizeLimits.rows)
      .optional()
      .describe(
        'Responses in one forward and backward pass. Default: as many as keep its tokens below 32,768, at most 64; in the embedded engine, as many as fit 1.5 GiB, at most 128.',
      ),
    gradientCheckpointing: z
      .boolean()
      .optional()
      .describe(
        'Compute activations twice instead of keeping them. Default: on a GPU, yes; in the embedded engine, when they take more than 2 GiB.',
      ),
    lora: loraSchema.optional(),
    vllm: vllmSchema.optional(),
  })
  .describe(
    'Settings of the torch engine. The embedded engine reads lora, gradientCheckpointing and rowsPerPass.',
  );

export type TorchSettings = z.infer<typeof torchSchema>;

/** Tokens of prompts and responses that one pass may hold unless `rowsPerPass` says otherwise. */
const tokensPerPass = 32_768;
const mostRowsPerPass = 64;

/** Responses that one pass takes at most. @param tokens longest prompt and response together */
export function rowsPerPass(settings: Pick<TorchSettings, 'rowsPerPass'>, tokens: number): number {
  return settings.rowsPerPass ?? Math.max(1, Math.min(mostRowsPerPass, Math.floor(tokensPerPass / tokens)));
}

/**
 * The experiment file (`*.g2rl.json`, comments allowed): what a person writes to describe one training run.
 * Every object is strict, so that a misspelled key is an error and not silently ignored.
 * The editor's JSON Schema (`media/schema/experiment.schema.json`) is generated from this file.
 */
import { z } from 'zod';
import { rewardSchema } from './reward-schema.js';
import { size, sizeLimits } from './sizes.js';
import { torchSchema } from './torch-schema.js';

/** Raise when a field changes meaning; files that ask for a newer one are refused with a clear message. */
export const EXPERIMENT_SCHEMA_VERSION = 1;

const engineNames = ['embedded', 'torch', 'auto'] as const;

export const deviceSchema = z.enum(['auto', 'cpu', 'webgpu']);
/** Where the embedded engine is asked to compute. */
export type RequestedDevice = z.infer<typeof deviceSchema>;

const fraction = z.number().min(0).max(1);
/** At 1 a moment never moves, and its correction divides by 0. */
const decay = z.number().min(0).lt(1);

/** A path relative to the experiment file. */
const file = z.string().min(1);

export const methodSchema = z
  .strictObject({
    name: z
      .enum(['g2rl', 'grpo', 'entropy', 'evol-rl', 'pass-at-k', 'dirl'])
      .default('g2rl')
      .describe(
        'g2rl: rewards scaled by gradient novelty. grpo: plain GRPO. entropy: GRPO plus an entropy bonus in the loss. evol-rl: rewards by the novelty of sentence embeddings. pass-at-k: advantages of the pass@k of a group. dirl: gradient novelty along and against a direction of reasoning (torch engine).',
      ),
    preset: z
      .enum(['text', 'authors'])
      .optional()
      .describe(
        "A reading of g2rl as a whole, which sets shaping, uniformGroups, lambda and optimization.minibatches. text: the text of the paper (signed, correct, 0.5, 1). authors: what the authors' released code does (eq12, all, 0.5, clip 3, up to 8 minibatches).",
      ),
    lambda: fraction
      .default(0.5)
      .describe('Strength λ of the reward scaling, 0 to 1. 0 is exactly GRPO. Used by g2rl and dirl.'),
    lambdaSchedule: z
      .enum(['constant', 'linear', 'warm-up'])
      .default('constant')
      .describe(
        'How λ follows the steps. linear: falls to 0 at the last step. warm-up: rises from 0 over lambdaWarmupSteps, then constant.',
      ),
    lambdaWarmupSteps: size(sizeLimits.steps)
      .default(20)
      .describe('Steps over which λ rises. Used by the schedule warm-up.'),
    shaping: z
      .enum(['signed', 'unit', 'eq12'])
      .default('signed')
      .describe(
        'How novelty becomes a factor. signed: boosts and mitigates (the text of the paper). unit: boosts only. eq12: the formula as printed.',
      ),
    uniformGroups: z
      .enum(['correct', 'all', 'none'])
      .default('correct')
      .describe('Which groups with all-equal rewards are shaped: all-correct ones, all of them, or none.'),
    clip: z.number().positive().default(3).describe('Shaped rewards are clipped to [-clip, clip].'),
    entropyCoefficient: z
      .number()
      .min(0)
      .default(0.01)
      .describe('Coefficient of the entropy bonus in the loss. Used by entropy.'),
    embeddingModel: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Sentence-embedding model: its name on the hub, its folder relative to this file, or the name of a shipped policy; for the embedded engine in ONNX form, unless it is of the Qwen3 architecture. Needed by evol-rl.',
      ),
    k: size(sizeLimits.group)
      .default(4)
      .describe(
        'Responses of which one must be correct, at most rollout.groupSize. 1 is GRPO. Used by pass-at-k.',
      ),
    direction: file
      .optional()
      .describe(
        'File with the direction of reasoning in the hidden states: one vector as .safetensors or as a JSON list. Used by dirl.',
      ),
    reasoningPrompts: file
      .optional()
      .describe(
        'File of prompts that ask for reasoning, JSON Lines of strings or {"prompt": …}. With recallPrompts it gives the direction. Used by dirl without a direction.',
      ),
    recallPrompts: file
      .optional()
      .describe('File of prompts that ask for recall, in the same form. Used by dirl without a direction.'),
    memorySign: z
      .enum(['paper', 'code'])
      .default('paper')
      .describe(
        'Factor of responses that point against the direction. paper: 1 − λrν̄. code: 1 + λrν̄, as the released code has it. Used by dirl.',
      ),
  })
  .describe('The reinforcement learning method.');

/** One field of a row, or a path into it such as `prompt.1.content`. */
const field = z.string().min(1).optional();

/** How the rows of a file of problems are read. */
const rowFields = {
  format: z
    .enum(['jsonl', 'json', 'csv', 'tsv', 'parquet'])
    .optional()
    .describe('Format of the file, if its extension does not show it.'),
  problem: field.describe(
    'Field of the file with the problem; a path such as prompt.1.content may be given.',
  ),
  answer: field.describe('Field of the file with the answer.'),
  id: field.describe('Field of the file with the id; without one problems are numbered.'),
  choices: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(2)])
    .optional()
    .describe('Multiple choice: the field with the list of choices, or one field for each choice.'),
  answerAs: z
    .enum(['letter', 'index', 'text'])
    .optional()
    .describe('How the answer names the right choice: A is the first, 0 is the first, or its text.'),
  answerIn: z
    .enum(['boxed', '####'])
    .optional()
    .describe('Where the answer is when its field contains a whole solution: in \\boxed{}, or after ####.'),
};

const taskSchema = z
  .strictObject({
    name: z
      .enum(['countdown', 'problems'])
      .default('countdown')
      .describe(
        'The verifiable task to learn. countdown: reach a target with given numbers. problems: any list of problems with right answers.',
      ),
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        'File of training prompts, relative to this file. countdown: JSON Lines, {"numbers":[3,7,12],"target":27} per line; without it prompts are drawn from the seed. problems: JSON Lines, JSON, CSV, TSV or parquet.',
      ),
    dataset: z
      .string()
      .min(1)
      .default('math-train')
      .describe('Data set of the problems, downloaded on first use. Used by problems without a file.'),
    ...rowFields,
    numberCounts: z
      .array(z.int().min(2).max(4))
      .min(1)
      .max(sizeLimits.list)
      .default([3, 4])
      .describe('How many numbers a prompt may give.'),
    maxNumber: z.int().min(2).max(99).default(20).describe('Largest number in a prompt.'),
    maxTarget: z.int().min(1).max(999).default(100).describe('Largest target.'),
    judge: z
      .enum(['g2rl', 'math-verify'])
      .default('g2rl')
      .describe(
        'Who compares answers with the right ones, in training and in benchmarks. g2rl: the same judge in both engines. math-verify: that of TRL and others, for comparison with their figures; the torch engine only.',
      ),
  })
  .describe('What the policy learns to do. Answers are checked by a verifier: +1 correct, -1 wrong.');

const rolloutSchema = z
  .strictObject({
    promptsPerStep: size(sizeLimits.prompts).default(16).describe('Prompts (groups) sampled for each step.'),
    groupSize: size(sizeLimits.group)
      .default(16)
      .describe('Responses sampled for each prompt: m, the size of a group.'),
    temperature: z.number().positive().default(1).describe('Sampling temperature.'),
    maxNewTokens: size(sizeLimits.tokens)
      .default(32)
      .describe('Longest response, in tokens, end-of-sequence counted.'),
    keep: z
      .union([z.literal('all'), z.literal('none'), size(sizeLimits.prompts)])
      .default('all')
      .describe('Groups whose texts are kept for each step: all, none, or the first N.'),
  })
  .describe('How responses are sampled.');

export const optimizationSchema = z
  .strictObject({
    steps: size(sizeLimits.steps).default(200).describe('Training steps: one batch of rollouts each.'),
    learningRate: z.number().positive().default(1e-4).describe('Peak learning rate of AdamW.'),
    warmupSteps: size(sizeLimits.steps, 0)
      .default(5)
      .describe('Steps over which the rate rises linearly from 0.'),
    schedule: z.enum(['constant', 'cosine']).default('constant').describe('Rate after the warm-up.'),
    minibatches: size(sizeLimits.prompts)
      .default(1)
      .describe(
        'Optimizer updates for each batch of rollouts, on equal slices of its groups. 1 is on-policy.',
      ),
    epochs: size(sizeLimits.epochs).default(1).describe('Passes over each batch of rollouts.'),
    gradientClip: z.number().positive().default(1).describe('Largest global L2 norm of the gradient.'),
    beta1: decay.default(0.9).describe('AdamW: decay of the first moment.'),
    beta2: decay.default(0.999).describe('AdamW: decay of the second moment.'),
    epsilon: z.number().positive().default(1e-8).describe('AdamW: added to the root of the second moment.'),
    weightDecay: z.number().min(0).default(0).describe('AdamW: decoupled weight decay.'),
    clipRange: z.number().positive().default(0.2).describe('PPO clip ε of the probability ratio.'),
    klCoefficient: z
      .number()
      .min(0)
      .default(0.001)
      .describe(
        'Weight of the k3 estimate of the KL divergence to the frozen starting policy. 0 skips its forward pass.',
      ),
    importanceSamplingLevel: z
      .enum(['token', 'sequence'])
      .default('token')
      .describe('Level of the probability ratio.'),
    scaleRewards: z
      .enum(['group', 'batch', 'none'])
      .default('group')
      .describe('Which standard deviation divides the centered rewards.'),
    lossNormalization: z
      .enum(['sequence', 'token'])
      .default('sequence')
      .describe(
        'sequence: mean over the tokens of a response, then over responses (GRPO). token: mean over all tokens of the batch (DAPO).',
      ),
  })
  .describe('How the policy is updated.');

/** The name that results of a file are stored under when none is given. */
const nameOfFile = (file: string): string =>
  (file.split(/[\\/]/).at(-1) ?? file)
    .replace(/(\.[a-z]+)(\.gz)?$/i, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, 64) || 'file';

export const benchmarkRequestSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'use 1 to 64 letters, digits, ".", "_" and "-"')
      .optional()
      .describe(
        'Benchmark: countdown-test (default), countdown-validation, math500, amc, amc23, aime24, aime25, gpqa-diamond, mmlu-pro; or a name for the file.',
      ),
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        'JSON Lines, JSON, CSV, TSV or parquet file of problems, relative to this file. With a known name: a local copy of that benchmark.',
      ),
    ...rowFields,
    samples: size(sizeLimits.samples).default(16).describe('Responses sampled for each problem (n).'),
    limit: size(sizeLimits.problems)
      .optional()
      .describe(
        'Problems taken from the start of the benchmark; of MMLU-Pro, which is sorted by subject, a fixed random sample. Default: 200 of Countdown, all of the others.',
      ),
    maxNewTokens: size(sizeLimits.tokens)
      .optional()
      .describe('Longest response, in tokens. Default: as in training (rollout.maxNewTokens).'),
    temperature: z
      .number()
      .min(0)
      .optional()
      .describe('Sampling temperature; 0 is greedy. Default: 1 for Countdown, 0.8 for all others.'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(0)
      .describe(
        'Seed of the sampling and of the order of choices. Not the seed of the run: a policy scores the same in every run, and runs are compared on the same random numbers.',
      ),
  })
  .transform(({ name, temperature, ...rest }) => {
    const known = name ?? (rest.file === undefined ? 'countdown-test' : nameOfFile(rest.file));
    const isCountdown = rest.file === undefined && known.startsWith('countdown-');
    return {
      ...rest,
      name: known,
      limit: rest.limit ?? (isCountdown ? 200 : undefined),
      temperature: temperature ?? (isCountdown ? 1 : 0.8),
    };
  });

const evaluationSchema = z
  .strictObject({
    every: size(sizeLimits.steps, 0)
      .default(50)
      .describe('Steps between evaluations. 0 evaluates only before the first and after the last step.'),
    benchmarks: z
      .array(benchmarkRequestSchema)
      .max(sizeLimits.list)
      .prefault([{}])
      .describe('What to evaluate on.'),
    embeddingModel: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Sentence-embedding model by which evaluations also measure how similar the texts of responses are: its name on the hub, its folder relative to this file, or the name of a shipped policy; for the embedded engine in ONNX form, unless it is of the Qwen3 architecture.',
      ),
  })
  .describe('Benchmarks scored before, during and after training.');

const checkpointSchema = z
  .strictObject({
    every: size(sizeLimits.steps)
      .default(25)
      .describe('Steps between checkpoints. The last step always has one.'),
    keep: size(sizeLimits.steps, 0).default(0).describe('Newest checkpoints kept; 0 keeps all.'),
  })
  .describe('When the policy and the optimizer are saved.');

export const experimentSchema = z
  .strictObject({
    $schema: z.string().optional(),
    schema: z.int().min(1).default(EXPERIMENT_SCHEMA_VERSION).describe('Version of this file format.'),
    name: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
        'use 1 to 64 letters, digits, ".", "_" and "-", a letter or digit first',
      )
      .default('experiment')
      .describe('Short name; part of the id of its runs.'),
    description: z.string().optional().describe('What this experiment is for.'),
    engine: z
      .enum(engineNames)
      .default('embedded')
      .describe(
        'embedded: ONNX Runtime inside the extension; needs no Python and no GPU. torch: PyTorch and TRL, for GPUs and models of real size. auto: torch when this machine can run it on a GPU, else embedded.',
      ),
    device: deviceSchema
      .default('auto')
      .describe(
        'Where the embedded engine computes. cpu: the processor. webgpu: a GPU of any maker, through Vulkan, Metal or Direct3D 12. auto: the GPU if a step of this experiment is faster there, else the processor; g2rl devices shows what there is.',
      ),
    threads: size(sizeLimits.threads, 0).default(0).describe('Threads of the engine; 0 uses one per core.'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(0)
      .describe('Seed of prompts, sampling and data order.'),
    policy: z
      .string()
      .min(1)
      .default('countdown')
      .describe(
        'The starting policy: the name of a shipped one (countdown), a Hugging Face folder, relative to this file, or a model of the hub, such as Qwen/Qwen3-0.6B, which is downloaded once.',
      ),
    method: methodSchema.prefault({}),
    task: taskSchema.prefault({}),
    rewards: z
      .array(rewardSchema)
      .min(1)
      .max(sizeLimits.list)
      .optional()
      .describe(
        'What responses are rewarded for: the weighted sum of these. Default: the judge of the task alone. Without "correct" in the list the judge is logged and not trained on.',
      ),
    rollout: rolloutSchema.prefault({}),
    optimization: optimizationSchema.prefault({}),
    evaluation: evaluationSchema.prefault({}),
    checkpoints: checkpointSchema.prefault({}),
    report: z
      .array(z.enum(['tensorboard', 'wandb', 'trackio', 'mlflow']))
      .default([])
      .describe(
        'Programs that also get the metrics while a run trains. tensorboard: event files in the folder tensorboard of the run, with either engine. The others with the torch engine only; their packages are installed separately.',
      ),
    torch: torchSchema.prefault({}),
  })
  .describe('G2RL Lab experiment');

/** An experiment with every default filled in. Paths (`policy`, `task.file`, files of benchmarks and rewards) are still as written. */
export type Experiment = z.infer<typeof experimentSchema>;
export type BenchmarkRequest = z.infer<typeof benchmarkRequestSchema>;

/**
 * The run directory, schema 1: the protocol between a trainer (which writes it) and everything else (which
 * reads it). Readers ignore unknown fields, so every object here is loose; writers build the exact types.
 *
 * Append-only files keep history: after a resume the lines of repeated steps are written again, and for
 * readers the last line of a step (and group, or benchmark) counts.
 */
import { z } from 'zod';
import { experimentSchema } from '../../experiment/index.js';
import { METRICS, type MetricTable } from '../metrics/index.js';
import { runStates } from './run-states.js';

/** Where an imported run came from. */
const importedSchema = z.looseObject({
  format: z.string().describe('Kind of the log, for people'),
  source: z.string().describe('Absolute path of the log'),
  run: z.string().optional().describe('Which run of the source, where it holds several'),
  map: z
    .partialRecord(z.enum(['step', 'time', 'prompt', 'completion', 'reward']), z.string())
    .optional()
    .describe('Of a table: which column is what, as a person has said'),
  settings: z.record(z.string(), z.unknown()).optional().describe('Configuration as its program wrote it'),
  importedAt: z.string().describe('ISO 8601, UTC'),
});
export type ImportedFrom = z.infer<typeof importedSchema>;

/** `run.json`: written once by the launcher; of it `name`, `notes`, `tags`, `pinned`, `archived`
 * change later, and the device where the trainer finds or changes it. */
export const runSchema = z.looseObject({
  schema: z.int(),
  id: z.string(),
  name: z.string(),
  createdAt: z.string().describe('ISO 8601, UTC'),
  experiment: experimentSchema.describe('Resolved: defaults filled in, paths absolute'),
  experimentFile: z.string().nullable().describe('Absolute path of the experiment file, if there was one'),
  engine: z.enum(['embedded', 'torch']),
  engineReason: z.string().optional().describe('Why this engine, when the experiment left it to the machine'),
  device: z
    .string()
    .describe(
      'For people: "CPU, 2 threads". Where a resume took another one, each, with arrows between them',
    ),
  devices: z
    .array(z.looseObject({ step: z.int().describe('Last step before'), device: z.string() }))
    .optional()
    .describe('Present where a resume took another device: each, in order'),
  policyChecksum: z.string().describe("SHA-256 of the starting policy's model.safetensors"),
  versions: z.record(z.string(), z.string()).describe('Packages that decide the result'),
  git: z.looseObject({ commit: z.string(), dirty: z.boolean() }).nullable(),
  seed: z.int(),
  parent: z
    .looseObject({ run: z.string(), checkpoint: z.string() })
    .nullable()
    .describe('Run and checkpoint folder that the starting policy came from, if it is a checkpoint'),
  after: z
    .string()
    .optional()
    .describe('Id of a run in the same folder: this one trains when that one has no process any more'),
  waits: z.boolean().optional().describe('Started by a script, not from here'),
  script: z
    .looseObject({
      command: z.string(),
      folder: z.string().describe('Absolute: where it was started'),
      trainer: z.string().describe("Class of TRL's trainer"),
      rewards: z.record(z.string(), z.number()).describe('Weight of each reward, by its name in TRL'),
    })
    .optional()
    .describe(
      "Present where a script of one's own trains, with RunDirectoryCallback: `experiment` has what it shares with one",
    ),
  study: z
    .looseObject({
      id: z.string(),
      variant: z.string(),
      seed: z.int(),
      point: z.record(z.string(), z.unknown()).describe('Settings of the grid, by dotted path'),
    })
    .optional()
    .describe('The study that began it, and its place there'),
  imported: importedSchema
    .optional()
    .describe(
      'Present where another program has trained: then the fields of its experiment, engine and device that no log says are absent',
    ),
  notes: z.string().optional(),
  tags: z.array(z.string()).optional(),
  pinned: z.boolean().optional(),
  archived: z.boolean().optional().describe('Hidden in lists of runs, but kept'),
});
export type RunManifest = z.infer<typeof runSchema>;

/** `status.json`: replaced atomically by the trainer, at least every 2 s and at each change. */
export const statusSchema = z.looseObject({
  schema: z.int(),
  state: z.enum(runStates),
  host: z.string().optional().describe('Name of the machine that the process runs on'),
  pidScope: z
    .string()
    .nullable()
    .optional()
    .describe(
      'Where the pid means this process: the boot of a machine, on Linux with the pid namespace; null when unknown. In another scope only a heartbeat that changes shows that the process is alive',
    ),
  pid: z.int(),
  processStart: z
    .string()
    .describe(
      'Start time of the process as the operating system reports it; with the pid it identifies one process',
    ),
  heartbeat: z.string().describe('ISO 8601, UTC'),
  startedAt: z.string().describe('ISO 8601, UTC: start of this process'),
  step: z.int().describe('Last finished step'),
  totalSteps: z.int(),
  tokens: z.number().describe('Response tokens sampled so far'),
  secondsPerStep: z.number().nullable().describe('Recent mean, for the time left'),
  evaluation: z
    .looseObject({ benchmark: z.string(), done: z.int(), total: z.int() })
    .nullable()
    .describe('Progress in problems while state is evaluating'),
  checkpointStep: z.int().nullable().describe('Newest complete checkpoint'),
  waitingFor: z.string().nullish().describe('Id of the run whose end this one waits for'),
  device: z.string().optional().describe('What this process of the embedded engine computes on'),
  error: z.looseObject({ message: z.string(), hint: z.string() }).nullable(),
});
export type RunStatus = z.infer<typeof statusSchema>;

/**
 * One line of `metrics.jsonl`, as the table of metrics says.
 * @param table ours unless a test brings another
 */
export function metricsSchemaOf(table: MetricTable = METRICS) {
  const shape: Record<string, z.ZodNumber | z.ZodOptional<z.ZodNumber>> = {
    step: z.int(),
    time: z.number().describe('Unix time, seconds'),
  };
  for (const [key, { help, written }] of Object.entries(table)) {
    const value = z.number().describe(help);
    shape[key] = written === 'always' ? value : value.optional();
  }
  return z.looseObject(shape);
}
export const metricsSchema = metricsSchemaOf();

/** One line of `groups.jsonl`: one prompt's group of m responses at one step. */
export const groupSchema = z.looseObject({
  step: z.int(),
  group: z.int().describe('0-based, within the step'),
  prompt_id: z.string(),
  prompt: z.string(),
  m: z.int(),
  rewards: z.array(z.number()).describe("Before shaping: the judge's, or the weighted sum of `components`"),
  components: z
    .record(z.string(), z.array(z.number().nullable()))
    .optional()
    .describe(
      'Values of each reward, unweighted, null where a response has none; absent without `rewards` in the experiment',
    ),
  left_out: z
    .array(z.int())
    .optional()
    .describe(
      'Responses without any reward: no part of the group, reward, shaped and advantage 0; absent where there are none',
    ),
  shaped: z.array(z.number()).describe('This and the following lists are empty where a log does not say'),
  scalers: z.array(z.number()),
  exploration: z.array(z.number()),
  advantages: z.array(z.number()),
  lengths: z.array(z.int()),
  answers: z.array(z.string()),
  similarity: z
    .array(z.number())
    .describe('Upper triangle of S without the diagonal, row by row: m(m-1)/2 values'),
  invalid: z.boolean().optional().describe('True when a feature was NaN or infinite'),
});
export type GroupRecord = z.infer<typeof groupSchema>;

/** One line of `rollouts/step-NNNNNN.jsonl`. */
export const rolloutSchema = z.looseObject({
  step: z.int(),
  group: z.int(),
  prompt_id: z.string(),
  prompt: z.string(),
  responses: z.array(
    z.looseObject({
      text: z.string(),
      answer: z.string(),
      reward: z.number(),
      finished: z
        .boolean()
        .optional()
        .describe(
          'False when the length limit cut it off; absent where the log of another program does not say',
        ),
      reason: z.string().describe('What the verifier said'),
      rewards: z
        .record(z.string(), z.number().nullable())
        .optional()
        .describe('Value of each reward, unweighted; absent without `rewards` in the experiment'),
      notes: z
        .record(z.string(), z.string())
        .optional()
        .describe('What programs of rewards said of it; only of those that said something'),
    }),
  ),
});
export type RolloutRecord = z.infer<typeof rolloutSchema>;

/** Who compared the answers with the right ones. Another version may judge some of them differently. */
const judgeSchema = z
  .looseObject({ name: z.string(), version: z.union([z.int(), z.string()]) })
  .describe('Absent for tasks whose answers are computed, not compared, and where it is not known');

const similarityHistogramSchema = z
  .array(z.int())
  .length(20)
  .describe(
    'Counts of pairs in 20 equal bins of S from −1 to 1, each with its lower edge, the last with both',
  );

/** One line of `benchmarks.jsonl`. Scores are fractions, 0 to 1. */
export const benchmarkSchema = z.looseObject({
  step: z.int().describe('Training step of the policy; 0 is the starting policy'),
  benchmark: z.string(),
  problems: z.int(),
  samples: z.int().describe('n, responses for each problem'),
  k: z.int(),
  temperature: z.number().nullable().describe('null when it is not known'),
  pass_at_1: z.number(),
  pass_at_1_se: z.number().describe('Standard error over problems'),
  maj_at_k: z.number(),
  maj_at_k_se: z.number().optional(),
  pass_at_k: z.number(),
  pass_at_k_se: z.number().optional(),
  distinct_at_k: z.number().describe('Mean count of distinct correct answers among k samples'),
  similarity_mean: z.number().nullable(),
  negative_pair_ratio: z.number().nullable(),
  similarity_histogram: similarityHistogramSchema.nullable().optional(),
  logdet_mean: z
    .number()
    .nullable()
    .optional()
    .describe('Mean over problems of log det(I + S) of their responses, at most samples · ln 2'),
  text_similarity_mean: z
    .number()
    .nullable()
    .optional()
    .describe('Mean pairwise cosine of the texts under evaluation.embeddingModel; absent without one'),
  mean_length: z.number().nullable().describe('Tokens; null when they were not counted'),
  truncated: z.number().nullable().describe('Share of responses cut off by the length limit'),
  max_length: z.number().nullable().optional().describe('Tokens of the longest response'),
  unanswered: z.number().optional().describe('Share of responses without an answer'),
  pass_at: z
    .record(z.string(), z.number())
    .optional()
    .describe('pass@k for more k, the k as the key: {"32": 0.9}'),
  source: z
    .string()
    .optional()
    .describe('Where scores that were computed elsewhere came from; absent for those computed here'),
  samples_file: z
    .string()
    .optional()
    .describe('File of the responses behind the scores, relative to the run directory'),
  judge: judgeSchema.optional(),
  seconds: z.number().nullable(),
  time: z.number().describe('Unix time, seconds'),
});
export type BenchmarkRecord = z.infer<typeof benchmarkSchema>;

/**
 * The first line of `evaluations/step-NNNNNN-<benchmark>.jsonl`: what the responses depend on. An evaluation that was
 * cut off is continued only when all of it is the same.
 */
export const evaluationHeaderSchema = z.looseObject({
  evaluation: z.looseObject({
    schema: z.int(),
    step: z.int(),
    benchmark: z.string(),
    samples: z.int(),
    temperature: z.number(),
    seed: z.int(),
    max_new_tokens: z.int(),
    policy: z.string().describe('SHA-256 of the weights'),
    problems: z.string().describe('SHA-256 of the prompts and gold answers'),
    embedding_model: z
      .string()
      .optional()
      .describe(
        'By which texts are compared, the SHA-256 of its files or its name; absent where none is named',
      ),
    judge: judgeSchema.optional(),
    answer_kind: z
      .enum(['math', 'choice'])
      .optional()
      .describe('How answers are read; absent for tasks whose answers are computed'),
  }),
});
export type EvaluationHeader = z.infer<typeof evaluationHeaderSchema>['evaluation'];

/** A further line: one problem. The counts come first, so that a list of problems is made without parsing responses. */
export const evaluatedProblemSchema = z.looseObject({
  id: z.string(),
  n: z.int().describe('Responses'),
  correct: z.int(),
  answers: z.int().describe('Distinct answers, equivalent ones being one'),
  majority: z
    .number()
    .describe('maj@n: 1 when the most frequent answer is right, ties counted as their share'),
  problem: z.string().describe('The statement, without the prompt around it'),
  gold: z.string(),
  choices: z
    .array(z.string())
    .optional()
    .describe('Options of a multiple choice, A first, as they were shown'),
  thoughts: z
    .string()
    .optional()
    .describe('The tag with which the prompt began the thoughts of the responses'),
  responses: z.array(
    z.looseObject({
      text: z.string(),
      answer: z.string().nullable().describe('What was extracted; null when nothing could be'),
      class: z
        .int()
        .describe('Number of its class of equivalent answers in this problem; -1 without an answer'),
      correct: z.boolean(),
      reason: z.string(),
      read: z
        .looseObject({ start: z.int(), end: z.int(), rule: z.string() })
        .optional()
        .describe('Where the answer stands, in UTF-16 units of the text, and the rule by which it was found'),
      why: z.string().optional().describe('The reason in a sentence'),
      tokens: z.int().nullable().describe('null when they were not counted'),
      finished: z.boolean().nullable().describe('False when the length limit cut it off; null when unknown'),
    }),
  ),
  pairs: z.int().optional().describe('Pairs of responses behind the figures of geometry'),
  similarity_mean: z.number().nullable().optional(),
  negative_pair_ratio: z.number().nullable().optional(),
  similarity_histogram: similarityHistogramSchema.nullable().optional(),
  logdet: z.number().nullable().optional().describe('log det(I + S) of the responses; null without features'),
  text_similarity_mean: z
    .number()
    .nullable()
    .optional()
    .describe('Mean pairwise cosine of the texts; absent where no embedding model is named'),
  similarity: z
    .array(z.number())
    .optional()
    .describe(
      'Upper triangle of S without the diagonal, row by row, of the first 64 responses at most; absent without features',
    ),
});
export type EvaluatedProblem = z.infer<typeof evaluatedProblemSchema>;

/** `control/stop`: a request that anyone may write. */
export const stopRequestSchema = z.looseObject({ mode: z.enum(['checkpoint', 'now']) });
export type StopRequest = z.infer<typeof stopRequestSchema>;

/** `checkpoints/step-NNNNNN/trainer/state.json`. */
export const trainerStateSchema = z.looseObject({
  schema: z.int(),
  step: z.int(),
  optimizerSteps: z.int().describe('AdamW updates so far: the t of its bias correction'),
  tokens: z.number(),
  policyChecksum: z.string().describe('SHA-256 of the starting policy, the KL reference'),
});
export type TrainerState = z.infer<typeof trainerStateSchema>;

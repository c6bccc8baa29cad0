/**
 * The study file (`*.g2rl-study.json`, comments allowed): one experiment in several variants, each with several seeds.
 * The editor's JSON Schema (`media/schema/study.schema.json`) is generated from this file.
 */
import { z } from 'zod';

/** Raise when a field changes meaning. */
export const STUDY_SCHEMA_VERSION = 1;

/** More runs are a mistake in the grid. */
export const mostRuns = 100_000;

/** Scores of a benchmark's record that can be compared. */
export const scoreMetrics = [
  'pass_at_1',
  'maj_at_k',
  'pass_at_k',
  'distinct_at_k',
  'similarity_mean',
  'negative_pair_ratio',
  'logdet_mean',
  'text_similarity_mean',
  'mean_length',
  'truncated',
] as const;
export type ScoreMetric = (typeof scoreMetrics)[number];

const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._+-]{0,47}$/,
    'use 1 to 48 letters, digits, ".", "_", "+" and "-", a letter or digit first',
  );

const seed = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

const scoreSchema = z
  .strictObject({
    benchmark: z
      .string()
      .min(1)
      .optional()
      .describe("Benchmark that decides; without it the experiment's first."),
    metric: z.enum(scoreMetrics).default('pass_at_1').describe('Score of it, as in benchmarks.jsonl.'),
    step: z
      .union([z.enum(['last', 'best']), z.int().min(0)])
      .default('last')
      .describe(
        'Which evaluation of a run counts: the last, its best (which flatters every variant), or that of a step.',
      ),
  })
  .describe('What the variants are compared by.');

export const studySchema = z
  .strictObject({
    $schema: z.string().optional(),
    schema: z.int().min(1).default(STUDY_SCHEMA_VERSION).describe('Version of this file format.'),
    name: name
      .default('study')
      .describe('Short name; part of the id of the study and the names of its runs.'),
    description: z.string().optional().describe('The question that the study answers.'),
    experiment: z
      .string()
      .min(1)
      .describe('The experiment file that all runs begin from, relative to this file.'),
    variants: z
      .record(name, z.record(z.string().min(1), z.unknown()))
      .refine((variants) => Object.keys(variants).length > 0, 'name at least one variant')
      .describe('Settings of each variant that differ from the experiment: dotted paths and their values.'),
    grid: z
      .record(z.string().min(1), z.array(z.unknown()).min(1))
      .default({})
      .describe('Settings that are crossed with the variants: dotted paths and all values to try.'),
    seeds: z
      .union([z.int().min(1).max(mostRuns), z.array(seed).min(1)])
      .default(5)
      .describe('How many seeds (0, 1, 2, …), or a list of them.'),
    baseline: z
      .string()
      .optional()
      .describe('Variant that the others are compared with; without it the first.'),
    score: scoreSchema.prefault({}),
    parallel: z
      .union([z.int().min(1).max(1024), z.literal('gpus')])
      .default(1)
      .describe(
        'Runs at once, which share the cores; "gpus": as many as there are free GPUs for them (torch engine).',
      ),
  })
  .describe('G2RL Lab study');

export type Study = z.infer<typeof studySchema>;

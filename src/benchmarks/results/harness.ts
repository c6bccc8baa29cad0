/**
 * Files of EleutherAI's lm-evaluation-harness (0.4): `results_<time>.json` with the scores of a run, and, when it was
 * asked to log samples, `samples_<task>_<time>.jsonl` with the responses of one task.
 */
import { z } from 'zod';
import { reasonOf } from '../../errors.js';
import { ResultsError } from './errors.js';
import { jsonLines } from './lines.js';
import type { ImportedProblem } from './types.js';

/** A score as the harness reports it. */
export interface HarnessScore {
  task: string;
  /** `exact_match`, `acc_norm`, … */
  metric: string;
  /** How responses were filtered before they were scored; `none` for no filter. */
  filter: string;
  value: number;
  /** Standard error over problems; null when it was not computed. */
  standardError: number | null;
  /** Problems; null when the file does not say. */
  problems: number | null;
}

const resultsSchema = z.looseObject({
  results: z.record(z.string(), z.record(z.string(), z.unknown())),
  'n-samples': z.record(z.string(), z.looseObject({ effective: z.int() })).optional(),
  model_name: z.string().optional(),
  config: z.looseObject({ model_args: z.unknown() }).optional(),
});

/** Metrics that are shares of correct responses, the one to prefer first. */
const shares = ['exact_match', 'math_verify', 'acc_norm', 'acc', 'pass@1'];

/**
 * The scores of a `results_*.json` that are shares of correct responses, one per task.
 * @throws ResultsError naming file and field
 */
export function parseHarnessResults(text: string, file: string): HarnessScore[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ResultsError(
      `${file}: not valid JSON (${reasonOf(error)})`,
      'Specify a results_*.json of lm-evaluation-harness.',
    );
  }
  const parsed = resultsSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ResultsError(
      `${file}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`,
      'Specify a results_*.json of lm-evaluation-harness.',
    );
  }
  const { results, 'n-samples': counts } = parsed.data;
  return Object.entries(results).flatMap(([task, values]) => {
    const score = preferredScore(task, values);
    return score ? [{ ...score, problems: counts?.[task]?.effective ?? null }] : [];
  });
}

function preferredScore(
  task: string,
  values: Record<string, unknown>,
): Omit<HarnessScore, 'problems'> | null {
  for (const metric of shares) {
    for (const [key, value] of Object.entries(values)) {
      const [name, filter = 'none'] = key.split(',');
      if (name !== metric || typeof value !== 'number') continue;
      const error = values[`${metric}_stderr,${filter}`];
      return { task, metric, filter, value, standardError: typeof error === 'number' ? error : null };
    }
  }
  return null;
}

const generation = z.union([
  z.looseObject({ gen_args_0: z.looseObject({ arg_0: z.string() }) }),
  z.array(z.array(z.unknown())),
]);
const sampleSchema = z.looseObject({
  doc_id: z.union([z.int(), z.string()]),
  doc: z.record(z.string(), z.unknown()),
  target: z.unknown(),
  arguments: generation.optional().catch(undefined),
  resps: z.array(z.unknown()),
});

/**
 * The problems of a `samples_*.jsonl`. A problem that was scored under several filters has a line for each; its
 * responses are the same in all of them. Problems without generated text (multiple choice by likelihood) are left out.
 * @throws ResultsError naming file, line and field
 */
export function parseHarnessSamples(text: string, file: string): ImportedProblem[] {
  const problems = new Map<string, ImportedProblem>();
  for (const { value, where } of jsonLines(text, file)) {
    const parsed = sampleSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new ResultsError(
        `${where}: ${issue?.path.join('.')}: ${issue?.message}`,
        'Specify a samples_*.jsonl that lm-evaluation-harness wrote with --log_samples.',
      );
    }
    const { doc_id, doc, target, resps, arguments: asked } = parsed.data;
    const id = String(doc_id);
    const responses = resps.flat().filter((response) => typeof response === 'string');
    if (responses.length === 0 || problems.has(id)) continue;
    problems.set(id, {
      id,
      statement: statementOf(doc) ?? promptOf(asked),
      prompt: promptOf(asked),
      gold: typeof target === 'string' || typeof target === 'number' ? String(target) : null,
      responses,
    });
  }
  return [...problems.values()];
}

function statementOf(doc: Record<string, unknown>): string | null {
  for (const field of ['problem', 'question', 'Question', 'prompt', 'query']) {
    const value = doc[field];
    if (typeof value === 'string') return value;
  }
  return null;
}

function promptOf(asked: z.infer<typeof generation> | undefined): string | null {
  if (asked === undefined) return null;
  const first = Array.isArray(asked) ? asked[0]?.[0] : asked.gen_args_0.arg_0;
  return typeof first === 'string' ? first : null;
}

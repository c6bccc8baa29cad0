/** The audit of a run as a question. */
import { z } from 'zod';
import { type Audit, audit, type PromptFacts, promptsOf } from '../findings/index.js';
import { progress } from '../runs/facts/index.js';
import type { RunReader } from '../runs/read/index.js';
import { damagedLines, openSeries, type RunGroups, readGroups } from './open.js';
import { damagedAnswer, define, figure, leftOut, type QueryContext, runArgument } from './query.js';

const rule = z.object({ id: z.string(), what: z.string(), threshold: z.string() });

export const findings = define('findings', {
  about:
    'What stands out in a run, as an audit: groups without a signal, entropy, KL, clipping, cut-off responses, rewards, scores, step time, checkpoints; each with figures, steps, and what people usually do',
  arguments: { run: runArgument },
  answer: {
    run: z.string(),
    state: z.string(),
    findings: z.array(
      rule.extend({
        figure: z.string(),
        from: z.number().describe('First step'),
        to: z.number().describe('Last step'),
        usually: z.string().describe('What people usually do'),
        tab: z.string().describe('Where the dashboard shows it'),
        metrics: z.array(z.string()).describe('Series that show it'),
        prompts: z.array(
          z.object({
            prompt_id: z.string(),
            prompt: z.string(),
            visits: z.int(),
            without_signal: z.int().nullable(),
            pass_rate: z.number(),
          }),
        ),
      }),
    ),
    clear: z.array(z.string()).describe('Rules that have found nothing'),
    unchecked: z.array(z.string()).describe('Rules for which the run is too short or has no figures'),
    unread: z.string().optional(),
    damaged: damagedAnswer,
    ...leftOut,
  },
  async ask(context, { run: query }) {
    const run = await openSeries(context, query);
    const { groups, ...found } = await auditOf(context, run);
    return {
      run: run.summary.id,
      state: run.summary.state,
      findings: found.findings.map(({ value: _, prompts, metrics, ...finding }) => ({
        ...finding,
        metrics: [...metrics],
        prompts: prompts.map(({ id, prompt, visits, silent, passRate }) => ({
          prompt_id: id,
          prompt,
          visits,
          without_signal: silent,
          pass_rate: figure(passRate),
        })),
      })),
      clear: found.clear.map(({ id }) => id),
      unchecked: found.unchecked.map(({ id }) => id),
      ...(groups.unread !== null && { unread: groups.unread }),
      ...damagedLines(run.summary.skippedLines, groups.damaged),
      left_out: 0,
    };
  },
});

/** A run of which all that the rules look at can be read. */
type AuditedRun = Pick<RunReader, 'directory' | 'summary' | 'benchmarks' | 'series'>;

/** @throws {RunFileError} */
export async function auditOf(
  context: Pick<QueryContext, 'patience'>,
  run: AuditedRun,
): Promise<Audit & { prompts: PromptFacts[]; groups: RunGroups }> {
  const columns = await run.series();
  const groups = await readGroups(context, run);
  const prompts = promptsOf(groups.facts, groups.prompts);
  const { summary } = run;
  const every: unknown = summary.manifest.experiment.checkpoints.every;
  const found = audit({
    columns,
    groups: groups.facts,
    prompts,
    benchmarks: run.benchmarks,
    step: progress(summary).step,
    checkpoints: summary.checkpoints.map(({ step }) => step),
    checkpointEvery: typeof every === 'number' ? every : null,
  });
  return { ...found, prompts, groups };
}

/** `g2rl mcp`: the server for agents, and what it may do to runs when a person allows it. */
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { resumeTraining, startTraining, stopTraining } from '../actions/index.js';
import { KnownError } from '../errors.js';
import { loadExperiment } from '../experiment/index.js';
import { type Control, serve } from '../mcp/index.js';
import { isAlive, isResumable, progress } from '../runs/facts/index.js';
import { findRun, RunReader } from '../runs/read/index.js';
import { hostOf, loadOptions, newRunOf, runsDirectory, version } from './context.js';
import { terminal } from './terminal.js';

export interface McpOptions {
  runs?: string;
  python?: string;
  allowControl?: boolean;
}

export async function mcp(options: McpOptions): Promise<number> {
  const root = runsDirectory(options.runs);
  await serve({ root, version: version(), controls: options.allowControl ? controlsOf(root, options) : {} });
  return 0;
}

const run = z.string().min(1).describe('The run: its folder, its id, or a part of the id');

/** @throws KnownError for arguments that are none */
function checked<Shape extends z.ZodRawShape>(shape: z.ZodObject<Shape>, given: unknown) {
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KnownError(`${issue?.path.join('.') || 'The arguments'}: ${issue?.message}.`);
}

function controlsOf(root: string, { python }: McpOptions): Record<string, Control> {
  const host = hostOf(python === undefined ? {} : { python });
  const opened = async (query: string) => {
    const reader = await RunReader.open(await findRun(root, query));
    const { state, id } = reader.summary;
    const { step, total } = progress(reader.summary);
    return { directory: reader.directory, reader, state, id, place: `step ${step} of ${total}` };
  };
  const startShape = z.strictObject({
    experiment_file: z.string().min(1).describe('*.g2rl.json'),
    set: z.array(z.string()).default([]).describe('Overrides, as in optimization.steps=50'),
  });
  const stopShape = z.strictObject({
    run,
    now: z.boolean().default(false).describe('Without waiting for the current step and a checkpoint'),
  });
  const resumeShape = z.strictObject({ run });
  return {
    start_run: {
      about: 'Start training as an experiment file says. A person has to confirm it.',
      arguments: startShape,
      plan: async (given) => {
        const { experiment_file: file, set } = checked(startShape, given);
        const { experiment } = loadExperiment(resolve(file), loadOptions(set));
        const { name, method, engine, optimization } = experiment;
        return {
          would: `Start training ${name} (${resolve(file)}${set.length > 0 ? ` with ${set.join(', ')}` : ''}): ${method.name}, ${optimization.steps} steps, engine ${engine}.`,
          act: async () => {
            const started = await startTraining(newRunOf(resolve(file), { set, runs: root }), host, terminal);
            return { run: started && basename(started.directory) };
          },
        };
      },
    },
    stop_run: {
      about: 'Stop a run, with a checkpoint. A person has to confirm it.',
      arguments: stopShape,
      plan: async (given) => {
        const { run: query, now } = checked(stopShape, given);
        const { directory, id, state, place } = await opened(query);
        if (!isAlive(state)) throw new KnownError(`${id} is ${state}: there is nothing to stop.`);
        return {
          would: `Stop ${id}, which is ${state} at ${place}, ${now ? 'at once' : 'after its current step, with a checkpoint'}.`,
          act: async () => {
            const mode = now ? 'now' : 'checkpoint';
            const { status } = await stopTraining({ directory, name: id }, { mode }, terminal);
            return { run: id, state: status?.state ?? null, step: status?.step ?? null };
          },
        };
      },
    },
    resume_run: {
      about: 'Resume a run from its newest checkpoint. A person has to confirm it.',
      arguments: resumeShape,
      plan: async (given) => {
        const { run: query } = checked(resumeShape, given);
        const { directory, id, state, place, reader } = await opened(query);
        if (!isResumable(state)) throw new KnownError(`${id} is ${state}: there is nothing to resume.`);
        const checkpoint = reader.summary.checkpoints.at(-1);
        return {
          would: `Resume ${id}, which is ${state} at ${place}, from ${checkpoint ? `its checkpoint of step ${checkpoint.step}` : 'the start'}.`,
          act: async () => {
            await resumeTraining(directory, host, terminal);
            return { run: id };
          },
        };
      },
    },
  };
}

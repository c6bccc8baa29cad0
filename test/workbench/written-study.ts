/** The folders of a study whose runs have finished, as its runner and their trainers leave them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { experimentSchema } from '../../src/experiment/schema.js';
import { evaluationFile } from '../../src/runs/protocol/paths.js';
import { benchmarkRecord, groupRecord, stepMetrics } from '../unit/runs/records.js';
import { statusOf } from '../unit/views/fixtures.js';

export interface WrittenStudy {
  directory: string;
  runs: string[];
}

export interface StudyOptions {
  variants: string[];
  seeds: number;
  steps: number;
  problems?: number;
}

const benchmark = 'countdown-test';
const samples = 4;
const lines = (records: readonly object[]) => `${records.map((line) => JSON.stringify(line)).join('\n')}\n`;

/** Writes it into a workspace folder. The second variant is right about more problems, on each seed. */
export async function writeStudy(
  workspace: string,
  { variants, seeds, steps, problems = 20 }: StudyOptions,
): Promise<WrittenStudy> {
  const runsDirectory = join(workspace, '.g2rl/runs');
  const directory = join(workspace, '.g2rl/studies/20260101-000000-helps-aaaa');
  const keys = variants.flatMap((variant, place) =>
    Array.from({ length: seeds }, (_, seed) => ({ variant, place, seed })),
  );
  const runs = await Promise.all(
    keys.map(async ({ variant, place, seed }, index) => {
      const id = `20260101-0000${String(index).padStart(2, '0')}-helps-${variant}-${seed}`;
      const folder = join(runsDirectory, id);
      const experiment = experimentSchema.parse({
        name: `helps-${variant}-${seed}`,
        seed,
        method: { name: variant.startsWith('grpo') ? 'grpo' : 'g2rl', lambda: 1 - place / 100 },
        optimization: { steps },
      });
      const manifest = {
        schema: 1,
        id,
        name: `helps-${variant}-${seed}`,
        createdAt: new Date(1.7e12 + 1000 * index).toISOString(),
        experiment,
        experimentFile: join(workspace, 'countdown.g2rl.json'),
        engine: 'embedded',
        device: 'CPU, 2 threads',
        policyChecksum: '00',
        versions: {},
        git: null,
        seed,
        parent: null,
        study: { id: '20260101-000000-helps-aaaa', variant, seed, point: {} },
      };
      const right = Math.min(problems, 6 + 4 * place + seed);
      const evaluated = Array.from({ length: problems }, (_, problem) =>
        evaluatedProblem(problem, problem < right),
      );
      const score = { ...benchmarkRecord(steps, right / problems), problems, samples, k: samples };
      await mkdir(join(folder, 'evaluations'), { recursive: true });
      await Promise.all([
        writeFile(join(folder, 'run.json'), JSON.stringify(manifest)),
        writeFile(
          join(folder, 'status.json'),
          JSON.stringify(
            statusOf({ state: 'finished', step: steps, totalSteps: steps, pid: 1, checkpointStep: null }),
          ),
        ),
        writeFile(
          join(folder, 'metrics.jsonl'),
          lines(
            Array.from({ length: steps }, (_, step) =>
              stepMetrics(step + 1, Math.sin(step / 50 + seed) + place / 4),
            ),
          ),
        ),
        writeFile(join(folder, 'groups.jsonl'), lines([groupRecord(steps, 0), groupRecord(steps, 1)])),
        writeFile(join(folder, 'benchmarks.jsonl'), lines([score])),
        writeFile(join(folder, evaluationFile(steps, benchmark)), lines(evaluated)),
      ]);
      return id;
    }),
  );
  await mkdir(directory, { recursive: true });
  const study = {
    schema: 1,
    name: 'helps',
    experiment: 'countdown.g2rl.json',
    variants: Object.fromEntries(variants.map((variant) => [variant, { 'method.name': variant }])),
    grid: {},
    seeds,
    baseline: variants[0],
    score: { benchmark, metric: 'pass_at_1', step: 'last' },
    parallel: 1,
  };
  const manifest = {
    schema: 1,
    id: '20260101-000000-helps-aaaa',
    name: 'helps',
    createdAt: new Date(1.7e12).toISOString(),
    file: join(workspace, 'helps.g2rl-study.json'),
    study,
    experimentFile: join(workspace, 'countdown.g2rl.json'),
    experimentText: '{}',
    runsDirectory,
    engine: 'embedded',
    threads: 1,
  };
  const records = keys.map(({ variant, seed }, index) => ({
    variant,
    seed,
    point: {},
    run: runs[index],
    how: 'begun',
    time: 1.7e9 + index,
  }));
  await writeFile(join(directory, 'runs.jsonl'), lines(records));
  await writeFile(join(directory, 'study.json'), JSON.stringify(manifest));
  return { directory, runs: runs.map((id) => join(runsDirectory, id)) };
}

function evaluatedProblem(index: number, isRight: boolean) {
  const text = `<b>${isRight ? 'It' : 'Perhaps it'}</b> is $${index}+1$, so ${isRight ? index + 1 : index}.`;
  const response = {
    text,
    answer: String(isRight ? index + 1 : index),
    class: 0,
    correct: isRight,
    reason: isRight ? 'equal' : 'not equal',
    tokens: 12,
    finished: true,
  };
  return {
    id: `p${String(index).padStart(3, '0')}`,
    n: samples,
    correct: isRight ? samples : 0,
    answers: 1,
    majority: isRight ? 1 : 0,
    problem: `What is $${index} + 1$?`,
    gold: String(index + 1),
    responses: Array.from({ length: samples }, () => response),
    pairs: 6,
    similarity_mean: 0.1,
    negative_pair_ratio: 1 / 3,
    similarity: [0.6, -0.3, 0.2, 0.4, -0.5, 0.2],
  };
}

/** Evaluates a checkpoint with the torch engine: prepares the problems, runs Python, files the scores. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { LoadingStopped } from '../../../benchmarks/index.js';
import { InputError, reportOf } from '../../../errors.js';
import { benchmarkSchema, parseStepName, readManifest } from '../../../runs/protocol/index.js';
import { RunWriter } from '../../../runs/write/index.js';
import { evaluationRequestSchema } from '../../contract/index.js';
import { pythonEnvironment } from './command.js';
import { prepareBenchmark } from './problems.js';
import { torchPackage } from './torch-run.js';

/** As shells report a process that a signal ended. */
const INTERRUPTED = 130;

/**
 * The same protocol as a job of the embedded engine: progress on stderr, the result as the last line on stdout.
 * @param run directory of the run that the checkpoint belongs to
 * @returns the exit code
 */
export async function evaluateTorch(request: unknown, run: string): Promise<number> {
  const problems = mkdtempSync(join(tmpdir(), 'g2rl-problems-'));
  const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
  try {
    const parsed = evaluationRequestSchema.safeParse(request);
    if (!parsed.success) throw new InputError('The request is not understood.', 'Update G2RL Lab.');
    const { folder, benchmark } = parsed.data;
    const { experiment } = await readManifest(run);
    let stopped = false;
    const stop = () => {
      stopped = true;
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
    const log = (line: string) => process.stderr.write(`${line}\n`);
    await prepareBenchmark(problems, benchmark, { log, stopRequested: () => stopped });
    const result = await runPython({
      folder: resolve(folder),
      step: parseStepName(basename(resolve(folder))) ?? 0,
      run,
      problems,
      benchmark: { ...benchmark, maxNewTokens: benchmark.maxNewTokens ?? experiment.rollout.maxNewTokens },
      cpu: experiment.torch.cpu,
      // A server has other weights; an engine of its own has the checkpoint's.
      vllm: experiment.torch.vllm ?? null,
    });
    const record = benchmarkSchema.safeParse(result.last);
    if (record.success) new RunWriter(run).appendBenchmark(record.data);
    if (result.last !== null) say(result.last);
    else if (!stopped) throw new InputError(`Python ended with code ${result.code}.`, 'See its messages.');
    return stopped ? INTERRUPTED : (result.code ?? 1);
  } catch (error) {
    if (error instanceof LoadingStopped) return INTERRUPTED;
    const { message, hint } = reportOf(error, 'See its messages.');
    say({ error: message, hint });
    return 1;
  } finally {
    rmSync(problems, { recursive: true, force: true });
  }
}

/** The last JSON line of Python's standard output; null when there is none. */
async function runPython(request: object): Promise<{ code: number | null; last: object | null }> {
  const python = process.env.G2RL_PYTHON;
  if (!python)
    throw new InputError('There is no Python for the torch engine.', 'Run "G2RL: Set Up GPU Engine".');
  const child = spawn(python, ['-m', 'g2rl_torch', 'evaluate', JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    windowsHide: true,
    env: { ...process.env, ...pythonEnvironment(torchPackage, process.env.PYTHONPATH) },
  });
  // A signal to this process alone is passed on; Python takes a second one from the group for the same.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  let last: object | null = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = parseObject(line) ?? last;
  });
  const code = await new Promise<number | null>((ended, fail) => {
    child.once('error', (error) =>
      fail(new InputError(`Python cannot be started: ${error.message}.`, 'Run "G2RL: Set Up GPU Engine".')),
    );
    child.once('close', ended);
  });
  return { code, last };
}

function parseObject(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

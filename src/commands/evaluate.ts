/** Evaluate Checkpoint: scores a checkpoint on a benchmark in a process of its own, with progress, cancellable. */
import { spawn } from 'node:child_process';
import * as vscode from 'vscode';
import type { BenchmarkRequest } from '../experiment/index.js';
import { type CheckpointSummary, formatPercent, oneLine } from '../runs/facts/index.js';
import { logFailure, type WatchedRun } from '../views/index.js';
import { type EvaluationScores, LineSplitter, parseProgress, parseResult } from './job-output.js';
import { chooseCheckpoint } from './pick.js';
import { pythonOf } from './python-of.js';
import type { Services } from './services.js';
import { torchPackage, trainerPath } from './trainer.js';
import { requireTrust } from './trust.js';

const MOST_SAMPLES = 1024;

/** What was chosen last in this workspace. */
const lastBenchmark = 'g2rl.evaluate.benchmark';
const lastSamples = 'g2rl.evaluate.samples';

export async function evaluateCheckpoint(services: Services, argument: unknown): Promise<void> {
  requireTrust('Evaluating');
  const chosen = await chooseCheckpoint(services.library, argument);
  if (!chosen) return;
  const { run, checkpoint } = chosen;
  const benchmark = await chooseBenchmark(services, run);
  if (!benchmark) return;
  const requested = run.summary.manifest.experiment.evaluation.benchmarks.find(
    ({ name }) => name === benchmark,
  );
  const remembered = services.state.get<number>(`${lastSamples}.${benchmark}`);
  const samples = await askSamples(remembered ?? requested?.samples ?? 16);
  if (samples === null) return;
  await services.state.update(lastBenchmark, benchmark);
  await services.state.update(`${lastSamples}.${benchmark}`, samples);
  const scores = await evaluate(services, run, checkpoint, benchmark, samples, requested);
  if (!scores) return;
  await services.library.refresh();
  const text =
    `${scores.benchmark}, step ${checkpoint.step} of ${oneLine(run.summary.name, 60)}: ` +
    `pass@1 ${formatPercent(scores.pass_at_1)}, maj@${scores.k} ${formatPercent(scores.maj_at_k)}, ` +
    `pass@${scores.k} ${formatPercent(scores.pass_at_k)}.`;
  services.log.info(text);
  const answered = vscode.window.showInformationMessage(text, 'Open Dashboard').then((answer) => {
    if (answer) services.dashboards.open(run);
  });
  logFailure(services.log, 'Open Dashboard', answered);
}

/** Those of the run's experiment first, the one chosen last before all. */
async function chooseBenchmark(services: Services, run: WatchedRun): Promise<string | null> {
  const { registry } = await import('../benchmarks/index.js');
  const known = registry.filter((entry) => entry.kind === 'countdown' || entry.role === 'benchmark');
  const asked = run.summary.manifest.experiment.evaluation.benchmarks.map(({ name }) => name);
  const last = services.state.get<string>(lastBenchmark);
  const names = [...new Set([...asked, ...known.map(({ name }) => name)])];
  names.sort((a, b) => Number(b === last) - Number(a === last));
  const items = names.map((label) => {
    const entry = known.find(({ name }) => name === label);
    return { label, description: entry?.description ?? 'from the experiment' };
  });
  const choice = await vscode.window.showQuickPick(items, {
    placeHolder: 'Benchmark',
    matchOnDescription: true,
  });
  return choice?.label ?? null;
}

async function askSamples(initial: number): Promise<number | null> {
  const text = await vscode.window.showInputBox({
    title: 'Samples for each problem',
    prompt: 'More samples make pass@k surer and take longer.',
    value: String(initial),
    validateInput: (value) => {
      const count = Number(value);
      const isRight = Number.isInteger(count) && count >= 1 && count <= MOST_SAMPLES;
      return isRight ? undefined : `A whole number from 1 to ${MOST_SAMPLES}.`;
    },
  });
  return text === undefined ? null : Number(text);
}

/** Null when it was cancelled. The trainer itself adds the scores to the run's benchmarks. */
async function evaluate(
  services: Services,
  run: WatchedRun,
  checkpoint: CheckpointSummary,
  benchmark: string,
  samples: number,
  requested: BenchmarkRequest | undefined,
): Promise<EvaluationScores | null> {
  const { experiment } = run.summary.manifest;
  const request = {
    folder: checkpoint.path,
    threads: experiment.threads,
    benchmark: { ...(requested ?? { name: benchmark }), samples },
  };
  const title = `Evaluating step ${checkpoint.step} on ${benchmark}`;
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const python = await pythonOf(services, run, 'evaluate');
      const torch = python !== undefined && { torch: { python, packageFolder: torchPackage(services) } };
      return runEvaluation(services, { ...request, ...torch }, progress, token);
    },
  );
}

async function runEvaluation(
  services: Services,
  request: object,
  progress: vscode.Progress<{ message?: string; increment?: number }>,
  token: vscode.CancellationToken,
): Promise<EvaluationScores | null> {
  const { trainerEnvironment } = await import('../runs/control/index.js');
  const child = spawn(process.execPath, [trainerPath(services), 'evaluate', JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    env: trainerEnvironment(),
  });
  const cancelled = token.onCancellationRequested(() => child.kill('SIGINT'));
  const results = new LineSplitter();
  const messages = new LineSplitter();
  const resultLines: string[] = [];
  const lastMessages: string[] = [];
  let share = 0;
  const onMessage = (line: string) => {
    const step = parseProgress(line);
    if (!step) {
      services.log.info(`evaluate: ${line}`);
      if (line.startsWith('downloading')) progress.report({ message: line });
      lastMessages.splice(0, Math.max(0, lastMessages.length - 4));
      lastMessages.push(line);
      return;
    }
    const next = (100 * step.done) / step.total;
    progress.report({ message: `${step.done}/${step.total} problems`, increment: Math.max(0, next - share) });
    share = Math.max(share, next);
  };
  child.stdout.setEncoding('utf8').on('data', (piece: string) => resultLines.push(...results.push(piece)));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => messages.push(piece).forEach(onMessage));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (token.isCancellationRequested) return null;
    const result = [...resultLines, ...results.end()].map(parseResult).findLast((parsed) => parsed !== null);
    if (result && 'scores' in result) return result.scores;
    const reason = result ? result.error : [...lastMessages, ...messages.end()].join(' ');
    throw new Error(reason || `The evaluation ended with code ${code}.`);
  } finally {
    cancelled.dispose();
  }
}

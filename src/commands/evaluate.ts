/**
 * Evaluate Checkpoint: scores a checkpoint on a benchmark in its own process, with progress, cancellable; of several
 * runs the newest checkpoint of each, one after the other.
 */
import * as vscode from 'vscode';
import { type CheckpointSummary, formatPercent, oneLine } from '../runs/facts/index.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';
import { logFailure, type WatchedRun, withoutLinks } from '../views/index.js';
import { eachRun } from './each-run.js';
import { hostOf, uiOf } from './editor.js';
import { chooseCheckpoint, namedRuns } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

const mostSamples = 1024;

/** What was chosen last in this workspace. */
const lastBenchmark = 'g2rl.evaluate.benchmark';
const lastSamples = 'g2rl.evaluate.samples';

export async function evaluateCheckpoint(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Evaluating'));
  // A checkpoint is that one, whatever else is selected.
  const runs = isCheckpoint(argument) ? [] : namedRuns(services, argument);
  const scorable = runs.filter(({ summary }) => summary.checkpoints.length > 0);
  if (scorable.length > 1) {
    await evaluateNewest(services, scorable);
    return;
  }
  const chosen = await chooseCheckpoint(
    services.library,
    runs.length > 0 ? (scorable[0] ?? runs[0])?.directory : argument,
  );
  if (!chosen) return;
  const { run, checkpoint } = chosen;
  const benchmark = await chooseBenchmark(services, [run]);
  if (!benchmark) return;
  const scores = await evaluate(services, run, checkpoint, benchmark);
  if (scores) showScores(services, run, scores);
}

const isCheckpoint = (argument: unknown): boolean =>
  typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind === 'checkpoint';

async function evaluateNewest(services: Services, runs: readonly WatchedRun[]): Promise<void> {
  const benchmark = await chooseBenchmark(services, runs);
  if (!benchmark) return;
  let done = 0;
  await eachRun(runs, async (run) => {
    const [newest] = [...run.summary.checkpoints].sort((a, b) => b.step - a.step);
    const scores = newest && (await evaluate(services, run, newest, benchmark));
    if (scores) done++;
    // Cancelled: the others are not wanted either.
    return scores !== null;
  });
  vscode.window.showInformationMessage(
    vscode.l10n.t('{0} of {1} runs are evaluated on {2}.', done, runs.length, benchmark.name),
  );
}

/** Null when it was cancelled. */
async function evaluate(
  services: Services,
  run: WatchedRun,
  checkpoint: CheckpointSummary,
  { name, samples }: ChosenBenchmark,
): Promise<BenchmarkRecord | null> {
  const { threads, evaluation } = run.summary.manifest.experiment;
  const requested = evaluation.benchmarks.find((benchmark) => benchmark.name === name);
  const request = {
    folder: checkpoint.path,
    threads,
    benchmark: { ...(requested ?? { name }), samples },
  };
  const actions = await import('../actions/index.js');
  const scores = await actions.evaluateCheckpoint(request, hostOf(services), uiOf(services));
  if (scores) await services.library.refresh();
  return scores;
}

function showScores({ log, dashboards }: Services, run: WatchedRun, scores: BenchmarkRecord): void {
  const text =
    vscode.l10n.t('{0}, step {1} of {2}:', scores.benchmark, scores.step, oneLine(run.summary.name, 60)) +
    ` pass@1 ${formatPercent(scores.pass_at_1)}, maj@${scores.k} ${formatPercent(scores.maj_at_k)}, ` +
    `pass@${scores.k} ${formatPercent(scores.pass_at_k)}.`;
  log.info(text);
  const answered = vscode.window
    .showInformationMessage(withoutLinks(text), vscode.l10n.t('Open Dashboard'))
    .then((answer) => {
      if (answer) dashboards.open(run, { place: { tab: 'benchmarks', benchmark: scores.benchmark } });
    });
  logFailure(log, 'Open Dashboard', answered);
}

interface ChosenBenchmark {
  name: string;
  samples: number;
}

/** A benchmark that all of the runs can be scored on, with as many samples as the person wants; null when none. */
async function chooseBenchmark(
  services: Services,
  runs: readonly WatchedRun[],
): Promise<ChosenBenchmark | null> {
  const name = await pickBenchmark(services, runs);
  if (!name) return null;
  const requested = runs
    .flatMap((run) => run.summary.manifest.experiment.evaluation.benchmarks)
    .find((benchmark) => benchmark.name === name);
  const remembered = services.state.get<number>(`${lastSamples}.${name}`);
  const samples = await askSamples(remembered ?? requested?.samples ?? 16);
  if (samples === null) return null;
  await services.state.update(lastBenchmark, name);
  await services.state.update(`${lastSamples}.${name}`, samples);
  return { name, samples };
}

/** Those that the experiments of all runs name first, the one chosen last before all. */
async function pickBenchmark(services: Services, runs: readonly WatchedRun[]): Promise<string | null> {
  const { registry } = await import('../benchmarks/index.js');
  const known = registry.filter((entry) => entry.kind === 'countdown' || entry.role === 'benchmark');
  const [first = [], ...others] = runs.map((run) =>
    run.summary.manifest.experiment.evaluation.benchmarks.map(({ name }) => name),
  );
  const asked = first.filter((name) => others.every((names) => names.includes(name)));
  const last = services.state.get<string>(lastBenchmark);
  const names = [...new Set([...asked, ...known.map(({ name }) => name)])];
  names.sort((a, b) => Number(b === last) - Number(a === last));
  const items = names.map((label) => {
    const entry = known.find(({ name }) => name === label);
    return { label, description: entry?.description ?? vscode.l10n.t('from the experiment') };
  });
  const choice = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('Benchmark'),
    matchOnDescription: true,
  });
  return choice?.label ?? null;
}

async function askSamples(initial: number): Promise<number | null> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Samples for each problem'),
    prompt: vscode.l10n.t('More samples make pass@k more precise and take longer.'),
    value: String(initial),
    validateInput: (value) => {
      const count = Number(value);
      const isRight = Number.isInteger(count) && count >= 1 && count <= mostSamples;
      return isRight ? undefined : vscode.l10n.t('A whole number from 1 to {0}.', mostSamples);
    },
  });
  return text === undefined ? null : Number(text);
}

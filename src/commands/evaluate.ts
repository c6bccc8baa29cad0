/** Evaluate Checkpoint: scores a checkpoint on a benchmark in its own process, with progress, cancellable. */
import * as vscode from 'vscode';
import type { Evaluation } from '../actions/index.js';
import { formatPercent, oneLine } from '../runs/facts/index.js';
import type { BenchmarkRecord } from '../runs/protocol/index.js';
import { logFailure, type WatchedRun, withoutLinks } from '../views/index.js';
import { hostOf, uiOf } from './editor.js';
import { chooseCheckpoint } from './pick.js';
import type { Services } from './services.js';
import { requireTrust } from './trust.js';

const mostSamples = 1024;

/** What was chosen last in this workspace. */
const lastBenchmark = 'g2rl.evaluate.benchmark';
const lastSamples = 'g2rl.evaluate.samples';

export async function evaluateCheckpoint(services: Services, argument: unknown): Promise<void> {
  requireTrust(vscode.l10n.t('Evaluating'));
  const chosen = await chooseCheckpoint(services.library, argument);
  if (!chosen) return;
  const { run, checkpoint } = chosen;
  const benchmark = await chooseBenchmark(services, run);
  if (!benchmark) return;
  const request = {
    folder: checkpoint.path,
    threads: run.summary.manifest.experiment.threads,
    benchmark,
  };
  const actions = await import('../actions/index.js');
  const scores = await actions.evaluateCheckpoint(request, hostOf(services), uiOf(services));
  if (!scores) return;
  await services.library.refresh();
  showScores(services, run, scores);
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
      if (answer) dashboards.open(run, { benchmark: scores.benchmark });
    });
  logFailure(log, 'Open Dashboard', answered);
}

/** A benchmark as the run's experiment asks for it, with as many samples as the person wants; null when none. */
async function chooseBenchmark(services: Services, run: WatchedRun): Promise<Evaluation['benchmark'] | null> {
  const name = await pickBenchmark(services, run);
  if (!name) return null;
  const { benchmarks } = run.summary.manifest.experiment.evaluation;
  const requested = benchmarks.find((benchmark) => benchmark.name === name);
  const remembered = services.state.get<number>(`${lastSamples}.${name}`);
  const samples = await askSamples(remembered ?? requested?.samples ?? 16);
  if (samples === null) return null;
  await services.state.update(lastBenchmark, name);
  await services.state.update(`${lastSamples}.${name}`, samples);
  return { ...(requested ?? { name }), samples };
}

/** Those of the run's experiment first, the one chosen last before all. */
async function pickBenchmark(services: Services, run: WatchedRun): Promise<string | null> {
  const { registry } = await import('../benchmarks/index.js');
  const known = registry.filter((entry) => entry.kind === 'countdown' || entry.role === 'benchmark');
  const asked = run.summary.manifest.experiment.evaluation.benchmarks.map(({ name }) => name);
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

/** The run explorer's items as plain data. Pure: the tree view only turns these into `TreeItem`s. */

import {
  type BenchmarkScores,
  type CheckpointSummary,
  formatAgo,
  formatPercent,
  isResumable,
  type RunView,
  scores,
} from '../runs/facts/index.js';
import {
  benchmarkText,
  runAccessibleLabel,
  runDescription,
  runTooltip,
  scoreText,
  stateIcons,
} from './run-text.js';

/** A node of the explorer. `key` identifies a run permanently: its directory. */
export type RunNode =
  | { kind: 'run'; key: string }
  | { kind: 'benchmarks'; key: string }
  | { kind: 'checkpoints'; key: string }
  | { kind: 'benchmark'; key: string; benchmark: string }
  | { kind: 'checkpoint'; key: string; step: number; path: string };

export interface RunItem {
  /** Stable over refreshes, so that expansion and selection survive them. */
  id: string;
  label: string;
  description: string;
  /** Markdown, already escaped. */
  tooltip: string;
  icon: { icon: string; color?: string };
  contextValue: string;
  collapsible: boolean;
  accessibleLabel: string;
}

export function nodeId(node: RunNode): string {
  switch (node.kind) {
    case 'run':
      return node.key;
    case 'benchmark':
      return `${node.key}\nbenchmarks\n${node.benchmark}`;
    case 'checkpoint':
      return `${node.key}\ncheckpoints\n${node.step}`;
    default:
      return `${node.key}\n${node.kind}`;
  }
}

/** Children of a run's nodes; checkpoints newest first. */
export function childNodes(node: RunNode, run: RunView): RunNode[] {
  const { key } = node;
  switch (node.kind) {
    case 'run': {
      const children: RunNode[] = [];
      if (run.benchmarks.length > 0) children.push({ kind: 'benchmarks', key });
      if (run.summary.checkpoints.length > 0) children.push({ kind: 'checkpoints', key });
      return children;
    }
    case 'benchmarks':
      return scores(run.benchmarks).map(({ benchmark }) => ({ kind: 'benchmark', key, benchmark }));
    case 'checkpoints':
      return [...run.summary.checkpoints]
        .sort((a, b) => b.step - a.step)
        .map(({ step, path }) => ({ kind: 'checkpoint', key, step, path }));
    default:
      return [];
  }
}

/**
 * What menus look at: `run.<state>`, then `.pinned`, `.resumable` where they apply.
 * The order is fixed, so that `when` clauses can match with one expression.
 */
export function runContextValue(run: RunView): string {
  const { state, manifest } = run.summary;
  return [
    'run',
    state,
    ...(manifest.pinned ? ['pinned'] : []),
    ...(isResumable(state) ? ['resumable'] : []),
  ].join('.');
}

function runItem(node: RunNode, run: RunView, now: number): RunItem {
  const { state, name, manifest } = run.summary;
  return {
    id: nodeId(node),
    label: manifest.pinned ? `★ ${name}` : name,
    description: runDescription(run),
    tooltip: runTooltip(run, now),
    icon: stateIcons[state],
    contextValue: runContextValue(run),
    collapsible: run.benchmarks.length > 0 || run.summary.checkpoints.length > 0,
    accessibleLabel: runAccessibleLabel(run),
  };
}

function folderItem(node: RunNode, label: string, icon: string, description: string): RunItem {
  return {
    id: nodeId(node),
    label,
    description,
    tooltip: '',
    icon: { icon },
    contextValue: node.kind,
    collapsible: true,
    accessibleLabel: `${label}, ${description}`,
  };
}

function benchmarkItem(node: RunNode, score: BenchmarkScores): RunItem {
  const details = benchmarkText(score.last);
  return {
    id: nodeId(node),
    label: score.benchmark,
    description: `${scoreText(score)} at step ${score.last.step}`,
    tooltip: `${details}\n\n${score.last.problems} problems, ${score.last.samples} samples each, step ${score.last.step}`,
    icon: { icon: 'target' },
    contextValue: 'benchmark',
    collapsible: false,
    accessibleLabel: `${score.benchmark}, ${details}`,
  };
}

function checkpointItem(node: RunNode, checkpoint: CheckpointSummary, run: RunView): RunItem {
  const score = run.benchmarks.findLast((record) => record.step === checkpoint.step);
  const description = score ? `pass@1 ${formatPercent(score.pass_at_1)}` : '';
  return {
    id: nodeId(node),
    label: `step ${checkpoint.step}`,
    description,
    tooltip: 'A Hugging Face folder: config.json, model.safetensors, tokenizer.json',
    icon: { icon: 'archive' },
    contextValue: 'checkpoint',
    collapsible: false,
    accessibleLabel: `checkpoint of step ${checkpoint.step}${description ? `, ${description}` : ''}`,
  };
}

/** The item of a node, or null when what it names is gone. `now` is Unix milliseconds. */
export function nodeItem(node: RunNode, run: RunView, now: number): RunItem | null {
  switch (node.kind) {
    case 'run':
      return runItem(node, run, now);
    case 'benchmarks': {
      const newest = run.benchmarks.at(-1);
      const time = newest ? formatAgo(newest.time * 1000, now) : '';
      return folderItem(node, 'Benchmarks', 'graph', time);
    }
    case 'checkpoints':
      return folderItem(node, 'Checkpoints', 'save-all', String(run.summary.checkpoints.length));
    case 'benchmark': {
      const score = scores(run.benchmarks).find((candidate) => candidate.benchmark === node.benchmark);
      return score ? benchmarkItem(node, score) : null;
    }
    case 'checkpoint': {
      const checkpoint = run.summary.checkpoints.find((candidate) => candidate.step === node.step);
      return checkpoint ? checkpointItem(node, checkpoint, run) : null;
    }
  }
}

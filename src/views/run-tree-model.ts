/** The run explorer's items as plain data. Pure: the tree view only turns these into `TreeItem`s. */

import { t } from '@vscode/l10n';
import {
  type BenchmarkScores,
  type CheckpointSummary,
  formatAgo,
  formatPercent,
  gpuOf,
  isResumable,
  oneLine,
  type RunView,
  scores,
} from '../runs/facts/index.js';
import {
  benchmarkText,
  type RowContext,
  runAccessibleLabel,
  runDescription,
  scoreText,
  stateIcons,
} from './run-text.js';

/** A node of the explorer. `key` identifies a run permanently: its directory. */
export type RunNode =
  /** A heading above runs; its key is its title. */
  | { kind: 'group'; key: string }
  | { kind: 'run'; key: string }
  | { kind: 'benchmarks'; key: string }
  | { kind: 'checkpoints'; key: string }
  | { kind: 'benchmark'; key: string; benchmark: string }
  | { kind: 'checkpoint'; key: string; step: number; path: string };

/** Longest name in a row: in a side bar of usual width there is room behind it. The hover has all of it. */
const longestLabel = 24;

/** With both ends, because names of one series differ at the end. */
function shortened(name: string): string {
  const flat = oneLine(name, Number.POSITIVE_INFINITY);
  const half = (longestLabel - 1) / 2;
  return flat.length <= longestLabel
    ? flat
    : `${flat.slice(0, Math.ceil(half)).trimEnd()}…${flat.slice(-Math.floor(half)).trimStart()}`;
}

export interface RunItem {
  /** Stable over refreshes, so that expansion and selection survive them. */
  id: string;
  label: string;
  description: string;
  /** Of a run it is made when someone points at it. */
  tooltip: string;
  icon: { icon: string; color?: string };
  contextValue: string;
  collapsible: boolean;
  accessibleLabel: string;
}

export function nodeId(node: RunNode): string {
  switch (node.kind) {
    case 'group':
      return `group\n${node.key}`;
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
 * What menus look at: `run.<state>`, then `.pinned`, `.archived`, `.resumable`, `.gpu` where they apply.
 * The order is fixed, so that `when` clauses can match with one expression.
 */
export function runContextValue(run: RunView): string {
  const { state, manifest, status } = run.summary;
  return [
    'run',
    state,
    ...(manifest.pinned ? ['pinned'] : []),
    ...(manifest.archived ? ['archived'] : []),
    ...(isResumable(state) ? ['resumable'] : []),
    ...(isResumable(state) && gpuOf(status) !== null ? ['gpu'] : []),
  ].join('.');
}

function runItem(node: RunNode, run: RunView, context: RowContext): RunItem {
  const { state, name, manifest } = run.summary;
  const label = shortened(name);
  const description = runDescription(run, context);
  return {
    id: nodeId(node),
    label: manifest.pinned ? `★ ${label}` : label,
    description,
    tooltip: '',
    icon: stateIcons[state],
    contextValue: runContextValue(run),
    collapsible: run.benchmarks.length > 0 || run.summary.checkpoints.length > 0,
    accessibleLabel: runAccessibleLabel(run, description),
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
  const { problems, samples, step } = score.last;
  return {
    id: nodeId(node),
    label: score.benchmark,
    description: t('{0} at step {1}', scoreText(score), step),
    tooltip: `${details}\n\n${t('{0} problems, {1} samples each, step {2}', problems, samples, step)}`,
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
    label: t('step {0}', checkpoint.step),
    description,
    tooltip: t('A Hugging Face folder: config.json, model.safetensors, tokenizer.json'),
    icon: { icon: 'archive' },
    contextValue: 'checkpoint',
    collapsible: false,
    accessibleLabel: [t('checkpoint of step {0}', checkpoint.step), description].filter(Boolean).join(', '),
  };
}

/** A heading above `count` runs. */
export function groupItem(node: RunNode & { kind: 'group' }, label: string, count: number): RunItem {
  const description = String(count);
  return {
    id: nodeId(node),
    label,
    description,
    tooltip: '',
    icon: { icon: 'folder' },
    contextValue: 'group',
    collapsible: true,
    accessibleLabel: count === 1 ? t('{0}, 1 run', label) : t('{0}, {1} runs', label, count),
  };
}

/** The item of a node of a run, or null when what it names is gone. */
export function nodeItem(node: RunNode, run: RunView, context: RowContext): RunItem | null {
  switch (node.kind) {
    case 'group':
      return null;
    case 'run':
      return runItem(node, run, context);
    case 'benchmarks': {
      const newest = run.benchmarks.at(-1);
      const time = newest ? formatAgo(newest.time * 1000, context.now) : '';
      return folderItem(node, t('Benchmarks'), 'graph', time);
    }
    case 'checkpoints':
      return folderItem(node, t('Checkpoints'), 'save-all', String(run.summary.checkpoints.length));
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

/** What is seen of the row of a run, and of those below it. */
export function runSignature({ contextValue, label, description }: RunItem, run: RunView): string {
  const { checkpoints } = run.summary;
  return [contextValue, label, description, checkpoints.length, run.benchmarks.length].join('\n');
}

/** Settings that are in the file and do nothing there: of another method, another task, another way of training. */
import { t } from '@vscode/l10n';
import { methodSettings } from '../method-settings.js';
import { type FieldPath, formatPath } from './field-path.js';
import type { Experiment } from './schema.js';

export interface UnusedSetting {
  path: FieldPath;
  message: string;
  hint: string;
}

/** Why the fields of a section do nothing; null when they are read. */
interface Rule {
  section: readonly string[];
  fields: readonly string[];
  reason: (experiment: Experiment) => string | null;
}

const rowFields = ['format', 'problem', 'answer', 'id', 'choices', 'answerAs', 'answerIn'];

function readBy(methods: readonly string[], name: string): string | null {
  if (methods.includes(name)) return null;
  const names = methods.join(t(' and '));
  return methods.length > 1 ? t('Only {0} read it.', names) : t('Only {0} reads it.', names);
}

const rules: readonly Rule[] = [
  {
    section: [],
    fields: ['device'],
    reason: ({ engine }) => (engine === 'torch' ? t('Only the embedded engine reads it.') : null),
  },
  ...[...methodSettings].map(
    ([field, methods]): Rule => ({
      section: ['method'],
      fields: [field],
      reason: ({ method }) => readBy(methods, method.name),
    }),
  ),
  {
    section: ['method'],
    fields: ['lambdaWarmupSteps'],
    reason: ({ method }) =>
      method.lambdaSchedule === 'warm-up' ? null : t('Only the schedule "warm-up" reads it.'),
  },
  {
    section: ['method'],
    fields: ['reasoningPrompts', 'recallPrompts'],
    reason: ({ method }) =>
      method.direction === undefined ? null : t('The direction comes from method.direction.'),
  },
  {
    section: ['task'],
    fields: ['dataset', ...rowFields],
    reason: ({ task }) => (task.name === 'problems' ? null : t('Only the task "problems" reads it.')),
  },
  {
    section: ['task'],
    fields: ['dataset'],
    reason: ({ task }) => (task.file === undefined ? null : t('The problems come from task.file.')),
  },
  {
    section: ['task'],
    fields: ['numberCounts', 'maxNumber', 'maxTarget'],
    reason: ({ task }) => (task.name === 'countdown' ? null : t('Only the task "countdown" reads it.')),
  },
  {
    section: ['task'],
    fields: ['numberCounts', 'maxNumber', 'maxTarget'],
    reason: ({ task }) => (task.file === undefined ? null : t('The prompts come from task.file.')),
  },
  {
    section: ['task'],
    fields: ['judge'],
    reason: ({ task, evaluation }) => {
      const computed = ({ name, file }: { name: string; file?: string | undefined }) =>
        file === undefined && name.startsWith('countdown-');
      const compared = task.name === 'problems' || !evaluation.benchmarks.every(computed);
      return compared ? null : t('The answers of Countdown are computed, not compared.');
    },
  },
  {
    section: ['optimization'],
    fields: ['scaleRewards'],
    reason: ({ method }) =>
      method.name === 'pass-at-k'
        ? t('The advantages of pass-at-k are already in units of their spread.')
        : null,
  },
  {
    section: ['optimization'],
    fields: ['clipRange'],
    reason: ({ optimization: { minibatches, epochs } }) =>
      minibatches * epochs > 1 ? null : t('With one update for each batch the ratio is always 1.'),
  },
  {
    section: ['torch', 'vllm'],
    fields: ['server'],
    reason: ({ torch }) => (torch.vllm?.mode === 'server' ? null : t('Only the mode "server" reads it.')),
  },
  {
    section: ['torch', 'vllm'],
    fields: ['gpuMemoryUtilization', 'tensorParallel'],
    reason: ({ torch }) => (torch.vllm?.mode === 'colocate' ? null : t('Only the mode "colocate" reads it.')),
  },
];

function isWritten(value: unknown, path: readonly string[]): boolean {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return false;
    current = Object.entries(current).find(([key]) => key === part)?.[1];
  }
  return true;
}

/** @param written the file's value, without defaults */
export function unusedSettings(experiment: Experiment, written: unknown): UnusedSetting[] {
  const found = new Map<string, UnusedSetting>();
  for (const { section, fields, reason } of rules) {
    for (const field of fields) {
      const path = [...section, field];
      if (!isWritten(written, path) || found.has(path.join('.'))) continue;
      const hint = reason(experiment);
      if (hint === null) continue;
      found.set(path.join('.'), { path, message: t('{0}: has no effect', formatPath(path)), hint });
    }
  }
  return [...found.values()];
}

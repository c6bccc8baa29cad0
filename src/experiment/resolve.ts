/** Paths of an experiment: from what was written to absolute ones that exist. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { isHubName } from '../hub-name.js';
import type { ExperimentDocument } from './document.js';
import { type FieldPath, formatPath } from './field-path.js';
import { setTo } from './fixes.js';
import { nearestHint, nearestName } from './nearest.js';
import type { ExperimentProblem } from './problems.js';
import { resolveRewards } from './rewards.js';
import type { Experiment } from './schema.js';

/** Files that make a folder a policy. */
const policyFiles = ['config.json', 'model.safetensors', 'tokenizer.json'];

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Names of the policies that come with G2RL Lab. */
export function shippedPolicies(mediaDirectory: string): string[] {
  const directory = join(mediaDirectory, 'policies');
  return isDirectory(directory)
    ? readdirSync(directory).filter((name) => isDirectory(join(directory, name)))
    : [];
}

/** The experiment with absolute paths, and what is wrong with them. */
export function resolvePaths(
  experiment: Experiment,
  document: ExperimentDocument,
  mediaDirectory: string,
): { experiment: Experiment; problems: ExperimentProblem[] } {
  const folder = dirname(document.file);
  const problems: ExperimentProblem[] = [];
  const shipped = shippedPolicies(mediaDirectory);
  const policy = shipped.includes(experiment.policy)
    ? join(resolve(mediaDirectory), 'policies', experiment.policy)
    : resolve(folder, experiment.policy);

  const ofHub = !isDirectory(policy) && isHubName(experiment.policy);
  if (!ofHub) problems.push(...policyProblems(policy, experiment, document, shipped));

  /** The absolute path of a file that must be there. */
  const existing = (file: string, path: FieldPath): string => {
    const absolute = resolve(folder, file);
    if (!statSync(absolute, { throwIfNoEntry: false })?.isFile()) {
      problems.push(
        document.problem(
          path,
          t('{0}: there is no file {1}', formatPath(path), absolute),
          t('The path is relative to the experiment file.'),
        ),
      );
    }
    return absolute;
  };
  const { task, evaluation } = experiment;
  const benchmarks = evaluation.benchmarks.map((benchmark, i) =>
    benchmark.file === undefined
      ? benchmark
      : { ...benchmark, file: existing(benchmark.file, ['evaluation', 'benchmarks', i, 'file']) },
  );
  const { method, torch, rewards } = experiment;
  const embedder = (path: FieldPath, written: string | undefined) => {
    if (written === undefined) return {};
    const found = shipped.includes(written)
      ? join(resolve(mediaDirectory), 'policies', written)
      : embeddingModel(written, path, document, problems);
    return { embeddingModel: found };
  };
  const directionFiles = Object.fromEntries(
    (['direction', 'reasoningPrompts', 'recallPrompts'] as const).flatMap((name) => {
      const written = method[name];
      return written === undefined ? [] : [[name, existing(written, ['method', name])]];
    }),
  );
  const resolved = {
    ...experiment,
    policy: ofHub ? experiment.policy : policy,
    method: {
      ...method,
      ...directionFiles,
      ...embedder(['method', 'embeddingModel'], method.embeddingModel),
    },
    torch: {
      ...torch,
      ...(torch.accelerateConfig !== undefined && {
        accelerateConfig: existing(torch.accelerateConfig, ['torch', 'accelerateConfig']),
      }),
    },
    ...(rewards && { rewards: resolveRewards(rewards, folder, existing) }),
    task: task.file === undefined ? task : { ...task, file: existing(task.file, ['task', 'file']) },
    evaluation: {
      ...evaluation,
      benchmarks,
      ...embedder(['evaluation', 'embeddingModel'], evaluation.embeddingModel),
    },
  };
  return { experiment: resolved, problems };
}

function policyProblems(
  policy: string,
  experiment: Experiment,
  document: ExperimentDocument,
  shipped: readonly string[],
): ExperimentProblem[] {
  const written = experiment.policy;
  if (!isDirectory(policy)) {
    const looksLikeName = !/[\\/]/.test(written) && !isAbsolute(written);
    const nearest = looksLikeName ? nearestHint(written, shipped) : '';
    const names = shipped.length > 0 ? [t('Shipped policies: {0}.', shipped.join(', '))] : [];
    const meant = looksLikeName ? nearestName(written, shipped) : undefined;
    const fixes = meant === undefined ? [] : [setTo(['policy'], meant)];
    const ofHub = t('A model of the hub is named as owner/name.');
    return [
      document.problem(
        ['policy'],
        t('policy: there is no folder {0}', policy),
        nearest || [t('Specify a folder with {0}.', policyFiles.join(', ')), ...names, ofHub].join(' '),
        { fixes },
      ),
    ];
  }
  const has = (name: string) => existsSync(join(policy, name));
  const missing = policyFiles.filter((name) => !has(name) && !has(`${name}.index.json`));
  if (missing.length === 0) return [];
  if (has('adapter_config.json')) {
    return [
      document.problem(
        ['policy'],
        t('policy: {0} has adapters only, no weights of its own', policy),
        t('Merge them with their base: g2rl merge {0} --output <folder>', policy),
      ),
    ];
  }
  return [
    document.problem(
      ['policy'],
      t('policy: {0} lacks {1}', policy, missing.join(t(' and '))),
      t('A policy is a Hugging Face folder with float weights in safetensors and a tokenizer.json.'),
    ),
  ];
}

/** A folder next to the experiment takes precedence over a model of the hub. */
function embeddingModel(
  written: string,
  path: FieldPath,
  document: ExperimentDocument,
  problems: ExperimentProblem[],
): string {
  const folder = resolve(dirname(document.file), written);
  if (isDirectory(folder)) return folder;
  if (!isHubName(written)) {
    problems.push(
      document.problem(
        path,
        t('{0}: there is no folder {1}', formatPath(path), folder),
        t('Specify a folder, relative to this file, or a model of the hub as owner/name.'),
      ),
    );
  }
  return written;
}

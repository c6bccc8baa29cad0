/** Rules of an experiment that hold for the embedded engine. */
import { isAbsolute } from 'node:path';
import { t } from '@vscode/l10n';
import { folderProblem } from '../../embeddings/index.js';
import {
  type CheckReports,
  type Experiment,
  type FieldPath,
  linearModules,
  remove,
  setTo,
  torchSchema,
} from '../../experiment/index.js';
import { modelShape } from '../memory/index.js';

/** What the embedded engine cannot do. @param experiment paths resolved, so that the policy can be looked at */
export function checkEmbedded(experiment: Experiment, { error, unused }: CheckReports): void {
  const { method, report, task, torch } = experiment;
  if (method.name === 'dirl') {
    error(
      ['method', 'name'],
      t('method.name: dirl weights the features by hidden states, which only the torch engine does'),
      t('Set engine to "torch", or choose another method.'),
      setTo(['engine'], 'torch'),
      setTo(['method', 'name'], 'g2rl'),
    );
  }
  if (task.judge !== 'g2rl') {
    error(
      ['task', 'judge'],
      t('task.judge: {0} is a Python program, which only the torch engine runs', task.judge),
      t('Remove it, or set engine to "torch".'),
      remove(['task', 'judge']),
      setTo(['engine'], 'torch'),
    );
  }
  const python = report.filter((program) => program !== 'tensorboard');
  if (python.length > 0) {
    error(
      ['report'],
      t('report: only the torch engine reports to {0}', python.join(', ')),
      t(
        'Remove it: the embedded engine writes for TensorBoard only, and the dashboard and metrics.jsonl in the run folder have all metrics. Or set engine to "torch".',
      ),
      report.includes('tensorboard') ? setTo(['report'], ['tensorboard']) : remove(['report']),
      setTo(['engine'], 'torch'),
    );
  }
  const { lora, gradientCheckpointing, rowsPerPass, ...notRead } = torch;
  if (JSON.stringify(notRead) !== JSON.stringify(torchSchema.parse({}))) {
    unused(
      ['torch'],
      t('torch: the embedded engine reads lora, gradientCheckpointing and rowsPerPass only'),
      t('Set engine to "torch".'),
      setTo(['engine'], 'torch'),
      remove(['torch']),
    );
  }
  if (lora) checkTargets(lora.targets, error);
  checkLengths(experiment, error);
  const { embeddingModel } = experiment.evaluation;
  if (method.name === 'evol-rl')
    checkEmbeddingModel(['method', 'embeddingModel'], method.embeddingModel, error);
  checkEmbeddingModel(['evaluation', 'embeddingModel'], embeddingModel, error);
}

/** What matches none of the modules that can have an adapter; layers are counted when the policy is read. */
function checkTargets(targets: 'all-linear' | readonly string[], error: CheckReports['error']): void {
  if (targets === 'all-linear') return;
  for (const [index, target] of targets.entries()) {
    if (linearModules.includes(target.split('.').at(-1) ?? target)) continue;
    error(
      ['torch', 'lora', 'targets', index],
      t('torch.lora.targets[{0}]: no linear module of a layer is named {1}', index, target),
      t('Use "all-linear", or names such as {0}.', linearModules.join(', ')),
      setTo(['torch', 'lora', 'targets'], 'all-linear'),
    );
  }
}

/** What can be seen of a folder; a model of the hub shows what it has when it is downloaded. */
function checkEmbeddingModel(path: FieldPath, model: string | undefined, error: CheckReports['error']): void {
  if (model === undefined || !isAbsolute(model)) return;
  const problem = folderProblem(model, path.join('.'));
  if (problem !== null) error(path, problem.message, problem.hint);
}

/** With a prompt of at least one token the responses must fit into the positions of the policy. */
function checkLengths({ policy, rollout, evaluation }: Experiment, error: CheckReports['error']): void {
  const positions = modelShape(policy)?.positions;
  if (positions === undefined || positions === null) return;
  const check = (path: FieldPath, field: string, tokens: number) => {
    if (tokens < positions) return;
    error(
      path,
      t('{0}: {1} and a prompt are more than the {2} positions of the policy', field, tokens, positions),
      t('Use at most {0}.', positions - 1),
      setTo(path, positions - 1),
    );
  };
  check(['rollout', 'maxNewTokens'], 'rollout.maxNewTokens', rollout.maxNewTokens);
  evaluation.benchmarks.forEach(({ maxNewTokens }, i) => {
    const path = ['evaluation', 'benchmarks', i, 'maxNewTokens'];
    check(path, `evaluation.benchmarks[${i}].maxNewTokens`, maxNewTokens ?? 0);
  });
}

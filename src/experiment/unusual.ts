/** Values that are far outside what is used, or that make a method another one: allowed, but said. */
import { t } from '@vscode/l10n';
import { setTo } from './fixes.js';
import type { CheckReport } from './reports.js';
import type { Experiment } from './schema.js';

/** Peak rates above these have no use: for small policies, and for all weights of a model of the hub. */
const highestRate = 1e-2;
const highestRateOfLargeModels = 2e-5;
/** With fewer responses there is hardly a direction that another one could differ from. */
const smallestNovelGroup = 4;

/** @param experiment paths resolved */
export function warnOfUnusual(experiment: Experiment, warn: CheckReport): void {
  warnOfSampling(experiment, warn);
  warnOfOptimization(experiment, warn);
  warnOfMethod(experiment, warn);
  warnOfSchedule(experiment, warn);
  experiment.evaluation.benchmarks.forEach(({ temperature, samples }, i) => {
    if (temperature !== 0 || samples === 1) return;
    const path = ['evaluation', 'benchmarks', i, 'samples'];
    warn(
      path,
      t(
        'evaluation.benchmarks[{0}].samples: at temperature 0 all {1} responses to a problem are the same',
        i,
        samples,
      ),
      t('Use 1, or a temperature above 0.'),
      setTo(path, 1),
    );
  });
}

function warnOfSampling({ rollout }: Experiment, warn: CheckReport): void {
  const path = ['rollout', 'temperature'];
  if (rollout.temperature < 0.2) {
    warn(
      path,
      t('rollout.temperature: at {0} the responses of a group are nearly all the same', rollout.temperature),
      t('Without differences there is no advantage. 1 is usual.'),
      setTo(path, 1),
    );
  } else if (rollout.temperature > 2) {
    warn(
      path,
      t('rollout.temperature: at {0} responses are nearly random', rollout.temperature),
      t('1 is usual.'),
      setTo(path, 1),
    );
  }
}

function warnOfOptimization({ optimization, engine, policy, torch }: Experiment, warn: CheckReport): void {
  const { learningRate, klCoefficient, clipRange, weightDecay, warmupSteps, steps } = optimization;
  // A policy of the hub is still a name here; a folder is an absolute path.
  const large = engine === 'torch' && !torch.lora && !/^([\\/]|[A-Za-z]:)/.test(policy);
  if (learningRate > highestRate) {
    warn(
      ['optimization', 'learningRate'],
      t('optimization.learningRate: {0} is far above what training survives', learningRate),
      t('1e-4 is usual for small policies, 1e-6 for models of a billion parameters.'),
      setTo(['optimization', 'learningRate'], large ? 1e-6 : 1e-4),
    );
  } else if (large && learningRate > highestRateOfLargeModels) {
    warn(
      ['optimization', 'learningRate'],
      t('optimization.learningRate: {0} is high for all weights of {1}', learningRate, policy),
      t('1e-6 is usual; with torch.lora 1e-5 to 1e-4.'),
      setTo(['optimization', 'learningRate'], 1e-6),
    );
  }
  if (klCoefficient > 1) {
    warn(
      ['optimization', 'klCoefficient'],
      t(
        'optimization.klCoefficient: {0} outweighs the reward, so the policy stays where it is',
        klCoefficient,
      ),
      t('0 to 0.05 is usual.'),
      setTo(['optimization', 'klCoefficient'], 0.001),
    );
  }
  if (clipRange >= 1) {
    warn(
      ['optimization', 'clipRange'],
      t('optimization.clipRange: at {0} the ratio is never clipped from below', clipRange),
      t('0.2 is usual.'),
      setTo(['optimization', 'clipRange'], 0.2),
    );
  }
  if (weightDecay > 1) {
    warn(
      ['optimization', 'weightDecay'],
      t('optimization.weightDecay: {0} is far above what is used', weightDecay),
      t('0 to 0.1 is usual.'),
      setTo(['optimization', 'weightDecay'], 0),
    );
  }
  if (warmupSteps >= steps) {
    warn(
      ['optimization', 'warmupSteps'],
      t(
        'optimization.warmupSteps: the warm-up ({0}) does not end before the last step ({1})',
        warmupSteps,
        steps,
      ),
      t('The learning rate never reaches its peak.'),
      setTo(['optimization', 'warmupSteps'], Math.floor(steps / 10)),
    );
  }
}

function warnOfMethod({ method, rollout, engine }: Experiment, warn: CheckReport): void {
  const { groupSize } = rollout;
  const size = ['rollout', 'groupSize'];
  if (groupSize === 1 && engine !== 'torch') {
    warn(
      size,
      t(
        'rollout.groupSize: with one response in a group there is no advantage, so the policy learns nothing',
      ),
      t('Use at least 2; 16 is usual.'),
      setTo(size, 16),
    );
  } else if (method.name === 'g2rl' && groupSize > 1 && groupSize < smallestNovelGroup) {
    warn(
      size,
      t('rollout.groupSize: among {0} responses g2rl can hardly tell which one is new', groupSize),
      t('Use at least {0}; 16 is usual.', smallestNovelGroup),
      setTo(size, 16),
    );
  }
  if ((method.name === 'g2rl' || method.name === 'dirl') && method.lambda === 0) {
    warn(
      ['method', 'lambda'],
      t('method.lambda: with 0 {0} is exactly grpo', method.name),
      t('Use method.name "grpo", or a λ above 0.'),
      setTo(['method', 'lambda'], 0.5),
      setTo(['method', 'name'], 'grpo'),
    );
  }
  if (method.name === 'pass-at-k' && method.k === groupSize && groupSize > 1) {
    warn(
      ['method', 'k'],
      t('method.k: a group of {0} has one set of {0} responses, so the policy learns nothing', groupSize),
      t('Use at most a half of rollout.groupSize; 4 of 16 is usual.'),
      setTo(['method', 'k'], Math.max(1, Math.floor(groupSize / 4))),
    );
  }
  if (method.name === 'entropy' && method.entropyCoefficient === 0) {
    warn(
      ['method', 'entropyCoefficient'],
      t('method.entropyCoefficient: with 0 entropy is exactly grpo'),
      t('Use method.name "grpo", or a coefficient above 0.'),
      setTo(['method', 'entropyCoefficient'], 0.01),
      setTo(['method', 'name'], 'grpo'),
    );
  } else if (method.name === 'entropy' && method.entropyCoefficient > 0.5) {
    warn(
      ['method', 'entropyCoefficient'],
      t('method.entropyCoefficient: {0} outweighs the reward', method.entropyCoefficient),
      t('0.001 to 0.05 is usual.'),
      setTo(['method', 'entropyCoefficient'], 0.01),
    );
  }
}

function warnOfSchedule({ method, optimization }: Experiment, warn: CheckReport): void {
  const { name, lambdaSchedule, lambdaWarmupSteps } = method;
  const { steps } = optimization;
  if (name !== 'g2rl' && name !== 'dirl') return;
  if (lambdaSchedule === 'warm-up' && lambdaWarmupSteps > steps) {
    warn(
      ['method', 'lambdaWarmupSteps'],
      t(
        'method.lambdaWarmupSteps: the warm-up ({0}) does not end before the last step ({1})',
        lambdaWarmupSteps,
        steps,
      ),
      t('λ never reaches method.lambda.'),
      setTo(['method', 'lambdaWarmupSteps'], Math.max(1, Math.floor(steps / 10))),
    );
  }
  if (lambdaSchedule === 'linear' && steps === 1) {
    warn(
      ['method', 'lambdaSchedule'],
      t('method.lambdaSchedule: "linear" makes λ 0 at the last step, which is the only one'),
      t('Train for more steps, or use "constant".'),
      setTo(['method', 'lambdaSchedule'], 'constant'),
    );
  }
}

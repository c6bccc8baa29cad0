/** Rules between the method and the rest of an experiment, whichever engine runs it. */
import { t } from '@vscode/l10n';
import { remove, setTo } from './fixes.js';
import type { CheckReport } from './reports.js';
import type { Experiment } from './schema.js';

export function checkMethod({ method, rollout }: Experiment, error: CheckReport): void {
  if (method.preset !== undefined && method.name !== 'g2rl') {
    error(
      ['method', 'preset'],
      t('method.preset: only g2rl has presets, not {0}', method.name),
      t(
        'Remove it, or set method.name to "g2rl". To compare methods, write the settings that it stands for in its place.',
      ),
      remove(['method', 'preset']),
      setTo(['method', 'name'], 'g2rl'),
    );
  }
  if (method.name === 'evol-rl' && method.embeddingModel === undefined) {
    error(
      ['method', 'embeddingModel'],
      t('method.embeddingModel: evol-rl needs one'),
      t('Specify a sentence-embedding model of the hub, or its folder.'),
      setTo(['method', 'embeddingModel'], 'sentence-transformers/all-MiniLM-L6-v2'),
    );
  }
  if (method.name === 'pass-at-k' && method.k > rollout.groupSize) {
    error(
      ['method', 'k'],
      t('method.k: {0} responses are more than the {1} of a group', method.k, rollout.groupSize),
      t('Use at most rollout.groupSize.'),
      // A set of the whole group would teach nothing.
      setTo(['method', 'k'], Math.max(1, Math.floor(rollout.groupSize / 4))),
    );
  }
}

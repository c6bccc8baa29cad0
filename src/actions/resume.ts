/** Resume: continues a run that ended early from its newest checkpoint. */

import { join } from 'node:path';
import { t } from '@vscode/l10n';
import { KnownError } from '../errors.js';
import type { RequestedDevice } from '../experiment/index.js';
import { startTrainer } from '../runs/control/index.js';
import { oneLine } from '../runs/facts/index.js';
import { readManifest, runFiles } from '../runs/protocol/index.js';
import { type Host, requireOwnRun, rewardPlaceFor, torchPlaceFor, wholeExperiment } from './host.js';
import type { Ui } from './ui.js';

/**
 * @param device where the embedded engine computes from now on, instead of what the experiment asks
 * @throws KnownError
 */
export async function resumeTraining(
  directory: string,
  host: Host,
  ui: Ui,
  device?: RequestedDevice,
): Promise<void> {
  const manifest = await readManifest(directory);
  requireOwnRun(manifest);
  const { name, waits, engine, experiment, script } = manifest;
  if (script) {
    throw new KnownError(
      t('This run is trained by a script.'),
      t(
        'Run it again with trainer.train(resume_from_checkpoint=True); it goes on in the same folder: {0}',
        script.command,
      ),
    );
  }
  if (waits) {
    const file = join(directory, runFiles.batchScript);
    throw new KnownError(
      t('This run is started by its batch script.'),
      t('Submit {0} again: it resumes from the newest checkpoint.', file),
      { remedy: { kind: 'open-script', file } },
    );
  }
  if (device !== undefined && engine === 'torch') {
    throw new KnownError(
      t('Only the embedded engine takes another device; this is a run of the torch engine.'),
      t('Resume it without --device.'),
    );
  }
  const { trainerPath } = host;
  const placeFor = engine === 'torch' ? torchPlaceFor : rewardPlaceFor;
  const torch = await placeFor(wholeExperiment(directory, experiment), host);
  await ui.progress({ title: `Resuming ${oneLine(name, 60)}`, cancellable: false }, (report) =>
    startTrainer(directory, {
      trainerPath,
      ...(torch && { torch }),
      ...(device && { device }),
      onWait: (message) => report({ message }),
    }),
  );
}

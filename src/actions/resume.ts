/** Resume: continues a run that ended early from its newest checkpoint. */

import { join } from 'node:path';
import { t } from '@vscode/l10n';
import { KnownError } from '../errors.js';
import { resumeRun } from '../runs/control/index.js';
import { readManifest, runFiles } from '../runs/protocol/index.js';
import { type Host, torchPlaceFor } from './host.js';

/** @throws KnownError */
export async function resumeTraining(directory: string, host: Host): Promise<void> {
  const { waits, engine, experiment } = await readManifest(directory);
  if (waits) {
    const file = join(directory, runFiles.batchScript);
    throw new KnownError(
      t('This run is started by its batch script.'),
      t('Submit {0} again: it resumes from the newest checkpoint.', file),
      { remedy: { kind: 'open-script', file } },
    );
  }
  const { trainerPath } = host;
  const torch = engine === 'torch' ? await torchPlaceFor(experiment, host) : undefined;
  await resumeRun(directory, { trainerPath, ...(torch && { torch }) });
}

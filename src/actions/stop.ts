/** Stop, and stop all: ask the trainer, then escalate; done when its process is gone. */
import { t } from '@vscode/l10n';
import { reasonOf } from '../errors.js';
import { type StopOptions, type StopOutcome, stopRun } from '../runs/control/index.js';
import { oneLine } from '../runs/facts/index.js';
import { readManifest } from '../runs/protocol/index.js';
import { requireOwnRun } from './host.js';
import type { Ui } from './ui.js';

export interface StoppableRun {
  directory: string;
  /** As people know it. */
  name: string;
}

export interface StopSettings extends Pick<StopOptions, 'mode'> {
  /** Milliseconds that the current step and its checkpoint may take, where they are waited for. */
  stepGrace?: number;
}

type Stage = Parameters<NonNullable<StopOptions['onStage']>>[0];

const stageTexts: Record<Stage, () => string> = {
  request: () => t('finishing the current step and writing a checkpoint'),
  SIGINT: () => t('it does not respond: interrupting it'),
  SIGTERM: () => t('it does not respond: terminating it'),
  SIGKILL: () => t('it does not respond: killing it. Resume continues from the newest checkpoint'),
};

/** @throws {StopError} when the process does not end, {RunFileError} */
export async function stopTraining(
  { directory, name }: StoppableRun,
  { mode = 'checkpoint', stepGrace }: StopSettings,
  ui: Ui,
): Promise<StopOutcome> {
  // A run whose manifest is damaged can still be stopped.
  const manifest = await readManifest(directory).catch(() => null);
  if (manifest) requireOwnRun(manifest);
  const task = { title: t('Stopping {0}', oneLine(name, 60)), cancellable: false };
  return ui.progress(task, (report) =>
    stopRun(directory, {
      mode,
      ...(mode === 'checkpoint' && stepGrace !== undefined && { grace: { request: stepGrace } }),
      onWait: (message) => report({ message }),
      onStage: (stage) =>
        report({
          message:
            stage === 'request' && mode === 'now'
              ? t('not waiting for the current step')
              : stageTexts[stage](),
        }),
    }),
  );
}

/** Stops runs side by side. @throws the error of the first that does not stop, when all have been tried */
export async function stopAllTraining(
  runs: readonly StoppableRun[],
  settings: StopSettings,
  ui: Ui,
): Promise<void> {
  const results = await Promise.allSettled(runs.map((run) => stopTraining(run, settings, ui)));
  const [first, ...others] = results.filter((result) => result.status === 'rejected');
  for (const { reason } of others) ui.log(reasonOf(reason));
  if (first) throw first.reason;
}

/** The torch engine as the trainer sees it: problems are prepared here, then Python does the work. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, KnownError, reasonOf } from '../../../errors.js';
import type { Experiment } from '../../../experiment/index.js';
import { LoadingStopped } from '../../../hub/index.js';
import {
  atomicWrite,
  type BenchmarkRecord,
  readStatus,
  runFiles,
  type StopRequest,
  type TorchPlace,
} from '../../../runs/protocol/index.js';
import { requestStop } from '../../../runs/write/index.js';
import type {
  Engine,
  EvaluationHooks,
  EvaluationRequest,
  RunHooks,
  RunToTrain,
} from '../../contract/index.js';
import { ownAccelerateConfig } from './accelerate.js';
import { torchCommand } from './command.js';
import { evaluateCheckpoint } from './evaluation.js';
import { explainEnd } from './explain-end.js';
import { LogTail } from './log-tail.js';
import { prepareProblems } from './problems.js';
import { startPython } from './python-process.js';

export class TorchEngine implements Engine {
  readonly #place: TorchPlace;
  #stopRequested = false;
  /** Forwards a request to Python once it has started. */
  #stopPython: ((mode: StopRequest['mode']) => void) | null = null;

  /** @throws InputError when there is nothing to run it with */
  constructor(place: TorchPlace | undefined) {
    if (!place || !existsSync(place.packageFolder)) {
      throw new InputError('There is no Python for the torch engine.', 'Run "G2RL: Set Up GPU Engine".');
    }
    this.#place = place;
  }

  async run({ directory, manifest }: RunToTrain, hooks: RunHooks): Promise<'finished' | 'stopped'> {
    const { experiment } = manifest;
    try {
      await prepareProblems(directory, experiment, this.#loadingHooks(hooks));
    } catch (error) {
      if (error instanceof LoadingStopped) return 'stopped';
      throw error;
    }
    if (this.#stopRequested) return 'stopped';
    const command = torchCommand(experiment, {
      ...this.#place,
      runDirectory: directory,
      parent: process.pid,
      pythonPath: process.env.PYTHONPATH,
    });
    layOutAccelerate(directory, experiment);
    const log = LogTail.from(join(directory, runFiles.log));
    hooks.handOver();
    // A signal to this process alone becomes a request; one to the group reaches Python as well, which does the same.
    this.#stopPython = (mode) => {
      try {
        requestStop(directory, mode);
      } catch (error) {
        hooks.log(reasonOf(error));
      }
    };
    // In this process's group, with its log: what stops the group stops Python.
    const end = await startPython(command, 'inherit').end;
    const last = await readStatus(directory).catch(() => null);
    if (last?.state === 'finished' || last?.state === 'stopped') return last.state;
    const { message, hint } = explainEnd(end, log.read());
    throw new KnownError(message, hint);
  }

  async evaluate(
    request: EvaluationRequest,
    run: string | null,
    hooks: EvaluationHooks,
  ): Promise<BenchmarkRecord | null> {
    if (run === null) {
      throw new InputError(`${request.folder} is not a checkpoint of a run.`, 'Specify one of a torch run.');
    }
    try {
      return await evaluateCheckpoint(request, run, this.#place, {
        ...this.#loadingHooks(hooks),
        onPython: (child) => {
          this.#stopPython = (mode) => child.kill(mode === 'now' ? 'SIGKILL' : 'SIGTERM');
        },
      });
    } catch (error) {
      if (this.#stopRequested) return null;
      throw error;
    }
  }

  stop(mode: StopRequest['mode']): void {
    this.#stopRequested = true;
    this.#stopPython?.(mode);
  }

  #loadingHooks({ log }: Pick<RunHooks, 'log'>) {
    return { log, stopRequested: () => this.#stopRequested };
  }
}

/** What accelerate reads must be there: the person's configuration, else one in the run's folder. */
function layOutAccelerate(directory: string, { torch }: Experiment): void {
  const { accelerateConfig, processes } = torch;
  if (accelerateConfig !== undefined && !existsSync(accelerateConfig)) {
    throw new InputError(
      `torch.accelerateConfig: the file ${accelerateConfig} no longer exists.`,
      'Restore it, then resume the run.',
    );
  }
  if (accelerateConfig === undefined && processes > 1) {
    atomicWrite(join(directory, runFiles.accelerate), ownAccelerateConfig);
  }
}

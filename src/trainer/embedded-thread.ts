/** The embedded engine as the process around it sees it: ONNX Runtime is loaded in its thread and only there. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type {
  EvaluationHooks,
  EvaluationRequest,
  MergeRequest,
  MergeResult,
  PretrainHooks,
  PretrainingEngine,
  PretrainRequest,
  PretrainResult,
  RunHooks,
  RunToTrain,
} from '../engines/contract/index.js';
import { KnownError, reasonOf } from '../errors.js';
import { type BenchmarkRecord, resourceHint, type StopRequest } from '../runs/protocol/index.js';
import {
  StopFlag,
  type WorkerJob,
  type WorkerMessage,
  type WorkKind,
  type Works,
} from './worker-protocol.js';

export class EmbeddedThread implements PretrainingEngine {
  readonly #flag = new StopFlag();
  #endsAtOnce = false;

  run(run: RunToTrain, hooks: RunHooks): Promise<'finished' | 'stopped'> {
    return this.#work('run', run, hooks);
  }

  evaluate(
    request: EvaluationRequest,
    run: string | null,
    hooks: EvaluationHooks,
  ): Promise<BenchmarkRecord | null> {
    return this.#work('evaluate', { request, run }, hooks);
  }

  pretrain(request: PretrainRequest, hooks: PretrainHooks): Promise<PretrainResult> {
    this.#endsAtOnce = true;
    return this.#work('pretrain', request, hooks);
  }

  merge(request: MergeRequest, log: (line: string) => void): Promise<MergeResult> {
    this.#endsAtOnce = true;
    return this.#work('merge', request, { onProgress: () => undefined, log });
  }

  stop(mode: StopRequest['mode']): void {
    if (mode === 'now' || this.#endsAtOnce) endAtOnce();
    else this.#flag.request();
  }

  /** @throws KnownError when the thread fails, crashes or ends without a result */
  #work<Kind extends WorkKind>(
    kind: Kind,
    input: Works[Kind]['input'],
    hooks: { onProgress(...progress: Works[Kind]['progress']): void; log(line: string): void },
  ): Promise<Works[Kind]['result']> {
    const workerData: WorkerJob<Kind> = { kind, input, stop: this.#flag.buffer };
    const worker = new Worker(join(__dirname, 'engine-worker.cjs'), { workerData });
    return new Promise((finish, fail) => {
      worker.on('message', (message: WorkerMessage<Kind>) => {
        if (message.type === 'log') hooks.log(message.line);
        else if (message.type === 'progress') hooks.onProgress(...message.progress);
        else if (message.type === 'done') finish(message.result);
        else fail(new KnownError(message.error.message, message.error.hint));
      });
      worker.on('error', (error) => {
        const hint = resourceHint(error);
        fail(hint === undefined ? error : new KnownError(`The engine crashed: ${reasonOf(error)}`, hint));
      });
      worker.on('exit', (code) => fail(new KnownError(`The engine ended unexpectedly with code ${code}.`)));
    });
  }
}

/**
 * Ends this process while the engine's thread may be inside ONNX Runtime. An ordinary exit, or ending that thread,
 * takes the runtime down under a computation that still runs, which aborts the process now and then.
 */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** `evaluate` and `pretrain` as a process: progress lines on stderr, the result as one JSON line on stdout. */

import { reasonOf } from '../errors.js';
import { endAtOnce } from './end-at-once.js';
import { startWorker } from './start-worker.js';
import { StopFlag, type WorkerMessage } from './worker-protocol.js';

/** As shells report a process that a signal ended. */
const interruptedExitCode = 130;

const writeLine = (stream: NodeJS.WriteStream, value: object) => stream.write(`${JSON.stringify(value)}\n`);

/** Prints a message. Returns the exit code when it was the last one, else null. */
function report(message: WorkerMessage): number | null {
  switch (message.type) {
    case 'evaluating':
      writeLine(process.stderr, { done: message.done, total: message.total });
      return null;
    case 'pretraining': {
      const { step, total, loss } = message;
      writeLine(process.stderr, { step, total, loss: Number(loss.toFixed(4)) });
      return null;
    }
    case 'log':
      process.stderr.write(`${message.line}\n`);
      return null;
    case 'failed':
      writeLine(process.stdout, { error: message.message, hint: message.hint });
      return 1;
    case 'done':
      if (message.result) writeLine(process.stdout, message.result);
      return message.outcome === 'finished' ? 0 : interruptedExitCode;
    case 'progress':
      return null;
  }
}

/** Resolves with the exit code. A signal gives an evaluation up after the batch in hand, pre-training at once. */
export function runJob(kind: 'evaluate' | 'pretrain', request: unknown): Promise<number> {
  const stop = new StopFlag();
  const worker = startWorker({ kind, request, stop: stop.buffer });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stop.requested || kind === 'pretrain') endAtOnce();
      stop.request();
    });
  }
  return new Promise((finish) => {
    worker.on('message', (message: WorkerMessage) => {
      const code = report(message);
      if (code !== null) finish(code);
    });
    worker.on('error', (error) => {
      writeLine(process.stdout, { error: reasonOf(error), hint: 'This is a defect of the engine.' });
      finish(1);
    });
  });
}

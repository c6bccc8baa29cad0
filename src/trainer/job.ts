/** `evaluate`, `pretrain` and `merge` as a process: progress lines on stderr, the result as one JSON line on stdout. */
import {
  type Engine,
  evaluationRequestSchema,
  mergeRequestSchema,
  parseRequest,
  pretrainRequestSchema,
} from '../engines/contract/index.js';
import { TorchEngine } from '../engines/torch/run/index.js';
import { reportOf } from '../errors.js';
import { readManifest, runOfCheckpoint, type TorchPlace } from '../runs/protocol/index.js';
import { RunWriter } from '../runs/write/index.js';
import { EmbeddedThread } from './embedded-thread.js';
import { stopOnSignals } from './job-signals.js';

/** As shells report a process that a signal ended. */
const interruptedExitCode = 130;

const writeLine = (stream: NodeJS.WriteStream, value: object) => stream.write(`${JSON.stringify(value)}\n`);
const log = (line: string) => process.stderr.write(`${line}\n`);

/** Scores a policy. A checkpoint's scores are filed with its run. @returns the exit code */
export const evaluate = (text: string): Promise<number> =>
  resultOf(async () => {
    const request = parseRequest(evaluationRequestSchema, text);
    const run = runOfCheckpoint(request.folder);
    const engine = await evaluatorOf(run, request.torch);
    stopOnSignals(engine);
    const onProgress = (done: number, total: number) => writeLine(process.stderr, { done, total });
    const record = await engine.evaluate(request, run, { onProgress, log });
    if (record && run !== null) new RunWriter(run).appendBenchmark(record);
    return record;
  });

/** Makes a policy folder. @returns the exit code */
export const pretrain = (text: string): Promise<number> =>
  resultOf(() => {
    const request = parseRequest(pretrainRequestSchema, text);
    const engine = new EmbeddedThread();
    stopOnSignals(engine);
    const onProgress = (step: number, total: number, loss: number) =>
      writeLine(process.stderr, { step, total, loss: Number(loss.toFixed(4)) });
    return engine.pretrain(request, { onProgress, log });
  });

/** Makes a policy folder of adapters and their base. @returns the exit code */
export const merge = (text: string): Promise<number> =>
  resultOf(() => {
    const request = parseRequest(mergeRequestSchema, text);
    const engine = new EmbeddedThread();
    stopOnSignals(engine);
    return engine.merge(request, log);
  });

/** The engine of the checkpoint's run, as far as a Python is given that torch needs; of all else the embedded one. */
async function evaluatorOf(run: string | null, torch: TorchPlace | undefined): Promise<Engine> {
  const manifest = run !== null && torch ? await readManifest(run).catch(() => null) : null;
  return manifest?.engine === 'torch' ? new TorchEngine(torch) : new EmbeddedThread();
}

/** Prints what the work ends with: a result, nothing when it was stopped (null), or what went wrong. */
async function resultOf(work: () => Promise<object | null>): Promise<number> {
  try {
    const result = await work();
    if (result === null) return interruptedExitCode;
    writeLine(process.stdout, result);
    return 0;
  } catch (thrown) {
    const { message, hint } = reportOf(thrown, 'See the messages before this one.');
    writeLine(process.stdout, { error: message, hint });
    return 1;
  }
}

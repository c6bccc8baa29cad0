/** The client of a trainer's jobs: starts the process, follows its lines, and ends with its result. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { t } from '@vscode/l10n';
import { z } from 'zod';
import { KnownError } from '../errors.js';
import { requireTrainer, trainerEnvironment } from '../runs/control/index.js';
import { parseObject, type TorchPlace } from '../runs/protocol/index.js';
import type { Host } from './host.js';
import type { Progress, Ui } from './ui.js';

/** A job ended without a result: by the reason that it gave, or without one. */
export class JobError extends KnownError {
  override readonly name = 'JobError';
}

export interface TrainerJob<T> {
  kind: 'evaluate' | 'pretrain' | 'merge';
  /** For people who wait. */
  title: string;
  request: object;
  /** Where the torch engine is, for a job that needs it. */
  torch?: TorchPlace | undefined;
  /** What the job's last line holds. */
  result: z.ZodType<T>;
}

const total = z.number().positive();
const progressSchema = z.union([
  z.object({ done: z.number(), total }),
  // JSON has no NaN: such a loss is null.
  z.object({ step: z.number(), total, loss: z.number().nullable() }),
]);
const failureSchema = z.object({ error: z.string(), hint: z.string().default('') });

/** Lines that are kept to explain an end without a result. */
const keptLines = 4;

/** `{"done":3,"total":9}` and `{"step":3,"total":9,"loss":1.2}` as progress; null for any other line. */
export function parseProgress(line: string): Progress | null {
  const { data } = progressSchema.safeParse(parseObject(line));
  if (!data) return null;
  if ('done' in data) {
    return { message: t('{0}/{1} problems', data.done, data.total), share: data.done / data.total };
  }
  const loss = data.loss === null ? '' : `  loss ${data.loss.toFixed(4)}`;
  return { message: `${data.step}/${data.total}${loss}`, share: data.step / data.total };
}

/** The result line: the result, or the reason why there is none; null for any other line. */
export function parseResult<T>(line: string, schema: z.ZodType<T>): { result: T } | JobError | null {
  const value = parseObject(line);
  const failure = failureSchema.safeParse(value);
  if (failure.success) return new JobError(failure.data.error, failure.data.hint);
  const parsed = schema.safeParse(value);
  return parsed.success ? { result: parsed.data } : null;
}

/** The one place where a job's process is started. */
function spawnJob(
  trainerPath: string,
  { kind, request, torch }: Pick<TrainerJob<unknown>, 'kind' | 'request' | 'torch'>,
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [trainerPath, kind, JSON.stringify({ ...request, torch })], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    env: trainerEnvironment(),
  });
}

/**
 * Runs a job to its end, cancellable.
 * @returns null when the person cancelled it; what it had stored by then stays
 * @throws {JobError}
 * @throws {LaunchError} when there is no trainer
 */
export async function runTrainerJob<T>(job: TrainerJob<T>, host: Host, ui: Ui): Promise<T | null> {
  const { trainerPath } = host;
  requireTrainer(trainerPath);
  return ui.progress({ title: job.title, cancellable: true }, async (report, signal) => {
    const child = spawnJob(trainerPath, job);
    const interrupt = () => child.kill('SIGINT');
    signal.addEventListener('abort', interrupt);
    const outcomes: NonNullable<ReturnType<typeof parseResult<T>>>[] = [];
    const messages: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      const outcome = parseResult(line, job.result);
      if (outcome) outcomes.push(outcome);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      const progress = parseProgress(line) ?? (line.startsWith('downloading') ? { message: line } : null);
      if (progress) report(progress);
      else if (line.trim() !== '') {
        ui.log(line);
        messages.push(line.trim());
      }
    });
    try {
      const code = await new Promise<number | null>((ended, fail) => {
        child.once('error', fail);
        child.once('close', ended);
      });
      if (signal.aborted) return null;
      const outcome = outcomes.at(-1);
      if (outcome && 'result' in outcome) return outcome.result;
      throw outcome ?? silentEnd(code, messages);
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  });
}

function silentEnd(code: number | null, messages: readonly string[]): JobError {
  const last = messages.slice(-keptLines).join(' ');
  return new JobError(
    t('The engine exited with code {0} without a result.', String(code)),
    last === '' ? '' : t('Its last messages: {0}', last),
  );
}

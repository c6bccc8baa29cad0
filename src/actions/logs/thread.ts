/** The thread that finds, imports and follows logs for an editor's window. */
import { parentPort } from 'node:worker_threads';
import { errorText, reportOf } from '../../errors.js';
import { type FoundRun, findLogs, UnmappedTable } from '../../logs/index.js';
import { followLogs } from './follow-logs.js';
import { importLogs } from './import-logs.js';
import type { LogReply, LogRequest } from './thread-protocol.js';

const post = (reply: LogReply) => parentPort?.postMessage(reply);
/** What can be given up: imports by their number, runs that are followed by their source. */
const work = new Map<number | string, AbortController>();

const keyOf = ({ format, source, run }: FoundRun) => [format, source, run].join('\n');

function begin(key: number | string): AbortSignal {
  const controller = new AbortController();
  work.set(key, controller);
  return controller.signal;
}

async function answer(request: Extract<LogRequest, { type: 'find' | 'import' }>): Promise<void> {
  const { id } = request;
  try {
    if (request.type === 'find') {
      post({ type: 'found', id, runs: await findLogs(request.path) });
      return;
    }
    const { runs, runsDirectory } = request;
    let shown = 0;
    const progress = ({ name }: FoundRun, share: number) => {
      if (share >= shown && share < shown + 0.01) return;
      shown = share;
      post({ type: 'progress', id, name, share });
    };
    const imported = await importLogs(runs, runsDirectory, { progress, signal: begin(id) });
    post({ type: 'imported', id, imported });
  } catch (error) {
    const unmapped =
      error instanceof UnmappedTable ? { unmapped: { file: error.file, ...error.columns } } : undefined;
    post({ type: 'failure', id, error: reportOf(error), ...unmapped });
  } finally {
    work.delete(id);
  }
}

function follow(run: FoundRun, runsDirectory: string): void {
  const key = keyOf(run);
  if (work.has(key)) return;
  followLogs([run], runsDirectory, {
    grown: () => post({ type: 'grown', run }),
    failed: (_run, reason) => post({ type: 'trouble', run, reason }),
    signal: begin(key),
  })
    .catch((error: unknown) => post({ type: 'trouble', run, reason: errorText(error) }))
    .finally(() => work.delete(key));
}

parentPort?.on('message', (request: LogRequest) => {
  if (request.type === 'follow') follow(request.run, request.runsDirectory);
  else if (request.type === 'leave') work.get(keyOf(request.run))?.abort();
  else if (request.type === 'cancel') work.get(request.id)?.abort();
  else void answer(request);
});

/** A run's process, whichever engine works in it or beside it: the run always gets a final status. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, Progress } from '../engines/contract/index.js';
import { errorText, isFault, reportOf, withoutCredentials } from '../errors.js';
import type { RequestedDevice } from '../experiment/index.js';
import {
  claimLock,
  displacedBy,
  type ProcessIdentity,
  type RunManifest,
  type RunState,
  type RunStatus,
  readRunnableManifest,
  readStatus,
  resourceHint,
  runFiles,
  type TorchPlace,
} from '../runs/protocol/index.js';
import { RunWriter } from '../runs/write/index.js';
import { StatusKeeper } from './status-keeper.js';
import { StopRequests } from './stop-requests.js';
import { waitForRun } from './wait-for-run.js';

const displacedMilliseconds = 1000;
const lookAtLog = 'Look at log.txt in the run folder, then resume the run.';

const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

/** Where a defect of this program happened stands in log.txt, and nowhere else. */
function logFault(error: unknown): void {
  if (!isFault(error)) return;
  log(withoutCredentials(error instanceof Error ? (error.stack ?? error.message) : String(error)));
}

/**
 * Trains the run, or resumes it.
 * @param engineOf the engine that a run asks for; it may throw
 * @param device where the embedded engine computes, instead of what the experiment asks
 * @param python where Python is, for rewards in Python
 * @returns the exit code, when the run is over
 */
export async function superviseRun(
  directory: string,
  engineOf: (manifest: RunManifest) => Engine,
  device?: RequestedDevice,
  python?: TorchPlace,
): Promise<number> {
  // log.txt on a full disk: a process that dies of its own log output would not report why the run has ended.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  if (isTaken(directory)) return 1;
  // Before the heartbeat, whose timer is as long: what a process that took over has written stays.
  if (!displacedBy(directory)) {
    setInterval(() => yieldTo(displacedBy(directory), directory), displacedMilliseconds);
  }
  const writer = new RunWriter(directory);
  const before = await readStatus(directory).catch(() => null);
  const keeper = new StatusKeeper(writer, log, before);
  // What is thrown outside of the engine's own promise: the run still says how it ended.
  process.on('uncaughtException', (thrown) => {
    logFault(thrown);
    keeper.end('failed', reportOf(thrown, lookAtLog));
    process.exit(1);
  });
  let engine: Engine | null = null;
  const requests = new StopRequests(writer, log, (mode) => {
    // "now" may end this process: the final status is written first.
    if (mode === 'now') keeper.end('stopped', null);
    engine?.stop(mode);
    keeper.change({ state: 'stopping' });
  });
  const onProgress = ({ state, ...rest }: Progress) =>
    // Once asked to stop, the run says so until it has.
    keeper.change(state && !requests.requested ? { state, ...rest } : rest);
  const handOver = () => {
    requests.leaveFile();
    keeper.handOver();
  };

  let state: RunState;
  let error: RunStatus['error'] = null;
  try {
    const manifest = await readRunnableManifest(directory);
    if (manifest.after !== undefined) {
      log(`waits for ${manifest.after}`);
      keeper.change({ waitingFor: manifest.after });
      await waitForRun(directory, manifest.after, () => requests.requested !== null);
      keeper.change({ waitingFor: null });
    }
    if (manifest.after !== undefined && requests.requested) {
      state = 'stopped';
    } else {
      engine = engineOf(manifest);
      if (requests.requested) engine.stop(requests.requested);
      state = await engine.run({ directory, manifest, device, python }, { onProgress, log, handOver });
    }
  } catch (thrown) {
    state = 'failed';
    error = reportOf(thrown, resourceHint(thrown) ?? lookAtLog);
    logFault(thrown);
  }
  requests.leaveFile();
  // The final status of the engine's own process takes precedence over what is visible from outside.
  const last = await keeper.takeBack();
  if (last === null) keeper.end(state, error);
  return (last ?? state) === 'failed' ? 1 : 0;
}

/** Whether another process works on the run. Even if the launcher is gone, only one trainer works on it. */
function isTaken(directory: string): boolean {
  // A folder that is not a run is reported where the manifest is read.
  if (!existsSync(join(directory, runFiles.manifest))) return false;
  try {
    const owner = claimLock(directory);
    if (owner) log(`Process ${owner.pid} works on this run already: ${directory}.`);
    return owner !== null;
  } catch (error) {
    // A disk that takes no lock: the first write of the run reports it where users see it.
    log(errorText(error));
    return false;
  }
}

/** Two trainers would write into the same files: the one that was paused goes, with what it has started. */
function yieldTo(other: ProcessIdentity | null, directory: string): void {
  if (!other) return;
  log(
    `Process ${other.pid} on ${other.host ?? 'another machine'} has taken over ${directory}: this one ends.`,
  );
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    // It has no group of its own.
  }
  process.kill(process.pid, 'SIGKILL');
}

/** A run's process, whichever engine works in it or beside it: the run always has a last word. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, Progress } from '../engines/contract/index.js';
import { errorText, reportOf } from '../errors.js';
import {
  claimLock,
  type RunManifest,
  type RunState,
  type RunStatus,
  readRunnableManifest,
  runFiles,
} from '../runs/protocol/index.js';
import { RunWriter } from '../runs/write/index.js';
import { StatusKeeper } from './status-keeper.js';
import { StopRequests } from './stop-requests.js';

const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

/**
 * Trains the run, or goes on with it.
 * @param engineOf the engine that a run asks for; it may throw
 * @returns the exit code, when the run is over
 */
export async function superviseRun(
  directory: string,
  engineOf: (manifest: RunManifest) => Engine,
): Promise<number> {
  // log.txt on a full disk: a process that ends of its own words would not tell why the run has ended.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  if (isTaken(directory)) return 1;
  const writer = new RunWriter(directory);
  const keeper = new StatusKeeper(writer, log);
  let engine: Engine | null = null;
  const requests = new StopRequests(writer, log, (mode) => {
    // "now" may end this process: the last word goes first.
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
    engine = engineOf(manifest);
    if (requests.requested) engine.stop(requests.requested);
    state = await engine.run({ directory, manifest }, { onProgress, log, handOver });
  } catch (thrown) {
    state = 'failed';
    error = reportOf(thrown, 'Look at log.txt in the run folder, then resume the run.');
  }
  requests.leaveFile();
  // The last word of a process of the engine's own goes before what can be seen from outside.
  const last = await keeper.takeBack();
  if (last === null) keeper.end(state, error);
  return (last ?? state) === 'failed' ? 1 : 0;
}

/** Whether another process works on the run. Whatever became of the launcher, one trainer works on it and no other. */
function isTaken(directory: string): boolean {
  // What is wrong with a folder that is no run is said where the manifest is read.
  if (!existsSync(join(directory, runFiles.manifest))) return false;
  try {
    const owner = claimLock(directory);
    if (owner) log(`Process ${owner.pid} works on this run already: ${directory}.`);
    return owner !== null;
  } catch (error) {
    // A disk that takes no lock: the first thing that is written for the run says so where people see it.
    log(errorText(error));
    return false;
  }
}

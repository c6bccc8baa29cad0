/** Owns `status.json` for the life of a run's process: heartbeat, changes, and the final status. */
import { closeSync, openSync } from 'node:fs';
import { reasonOf } from '../errors.js';
import { hasEnded } from '../runs/facts/index.js';
import { type RunState, type RunStatus, readStatus } from '../runs/protocol/index.js';
import { initialStatus, type RunWriter } from '../runs/write/index.js';
import { LoadingBeats } from './loading-beats.js';

const heartbeatMilliseconds = 1000;

export class StatusKeeper {
  #status: RunStatus;
  readonly #timer: NodeJS.Timeout;
  /** Of the time after the hand-over. */
  #beats: LoadingBeats | null = null;
  #hasEnded = false;
  #logged = '';
  /** An open file, given up for the final status: where no more can be opened, that would be lost. */
  #spare: number | null;

  /** @param before of the run's last process: how far the run is, also where this one fails before it has begun */
  constructor(
    private readonly writer: RunWriter,
    private readonly log: (line: string) => void,
    before: RunStatus | null = null,
  ) {
    this.#status = { ...initialStatus(), ...(before && reachedBy(before)) };
    this.#spare = openSpare(writer.directory);
    this.change({});
    this.#timer = setInterval(() => this.#beat(), heartbeatMilliseconds);
  }

  /** Not written once another process writes the status, or after the final status. */
  change(change: Partial<RunStatus>): void {
    if (this.#beats || this.#hasEnded) return;
    this.#status = { ...this.#status, ...change, heartbeat: new Date().toISOString() };
    try {
      this.writer.writeStatus(this.#status);
    } catch (error) {
      // The disk may be full, or the folder gone: the engine's own writes report it; here it is only logged.
      const line = `status.json: ${reasonOf(error)}`;
      if (line !== this.#logged) this.log(line);
      this.#logged = line;
    }
  }

  /** Another process writes the status: until its first status, minutes at times, the heartbeat comes from here. */
  handOver(): void {
    this.#beats = new LoadingBeats(this.writer.directory);
  }

  /** That process has ended. Returns the state that it ended the run with; null when it left no final status. */
  async takeBack(): Promise<RunState | null> {
    if (!this.#beats) return null;
    this.#beats.end();
    this.#beats = null;
    const last = await readStatus(this.writer.directory).catch(() => null);
    if (!last) return null;
    this.#status = last;
    if (!hasEnded(last.state)) return null;
    this.#close();
    return last.state;
  }

  /** Writes the final status; nothing is written after it. */
  end(state: RunState, error: RunStatus['error']): void {
    if (this.#beats || this.#hasEnded) return;
    if (this.#spare !== null) closeSync(this.#spare);
    this.#spare = null;
    this.change({ state, error, evaluation: null });
    if (error) this.log(`${error.message} ${error.hint}`);
    this.log(state);
    this.#close();
  }

  #close(): void {
    this.#hasEnded = true;
    clearInterval(this.#timer);
    try {
      this.writer.clearStopRequest();
    } catch (error) {
      this.log(reasonOf(error));
    }
  }

  #beat(): void {
    if (!this.#beats) this.change({});
    else if (!this.#beats.beat({ ...this.#status, heartbeat: new Date().toISOString() })) {
      clearInterval(this.#timer);
    }
  }
}

function openSpare(directory: string): number | null {
  try {
    return openSync(directory, 'r');
  } catch {
    return null;
  }
}

const reachedBy = ({ step, totalSteps, tokens, checkpointStep }: RunStatus) => ({
  step,
  totalSteps,
  tokens,
  checkpointStep,
});

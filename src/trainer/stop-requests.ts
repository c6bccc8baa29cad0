/** Requests to stop a run, from wherever they come: the file `control/stop`, SIGINT, SIGTERM. */
import { errorText, reasonOf } from '../errors.js';
import type { StopRequest } from '../runs/protocol/index.js';
import type { RunWriter } from '../runs/write/index.js';

type Mode = StopRequest['mode'];

const pollMilliseconds = 200;

export class StopRequests {
  #requested: Mode | null = null;
  #logged = '';
  readonly #poll: NodeJS.Timeout;

  /** @param onRequest called once with "checkpoint", and with "now" whenever that is asked for */
  constructor(
    private readonly writer: RunWriter,
    private readonly log: (line: string) => void,
    private readonly onRequest: (mode: Mode) => void,
  ) {
    this.#poll = setInterval(() => this.#look(), pollMilliseconds);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      // The second one means now.
      process.on(signal, () => this.#request(this.#requested && signal === 'SIGTERM' ? 'now' : 'checkpoint'));
    }
  }

  get requested(): Mode | null {
    return this.#requested;
  }

  /** Another process looks for the file from now on, or the run is over. */
  leaveFile(): void {
    clearInterval(this.#poll);
  }

  #look(): void {
    try {
      const request = this.writer.readStopRequest();
      if (request) this.#request(request.mode);
    } catch (error) {
      // It is looked for five times a second.
      if (reasonOf(error) !== this.#logged) this.log(errorText(error));
      this.#logged = reasonOf(error);
    }
  }

  #request(mode: Mode): void {
    if (mode === 'checkpoint' && this.#requested) return;
    this.#requested = mode;
    this.onRequest(mode);
  }
}

/** The setup page's side of its messages. */

import type { SetupHostMessage, SetupPageMessage } from '../../../src/contract/index.js';
import type { EnvironmentReport } from '../../../src/engines/torch/environment/index.js';

declare function acquireVsCodeApi(): { postMessage(message: SetupPageMessage): void };

const api = acquireVsCodeApi();

export const send = (message: SetupPageMessage): void => api.postMessage(message);

export class SetupState {
  report = $state.raw<EnvironmentReport | null>(null);
  trusted = $state(true);
  checking = $state(true);
  installing = $state(false);
  lines = $state.raw<string[]>([]);
  failure = $state.raw<{ message: string; hint: string } | null>(null);

  start(): void {
    addEventListener('message', ({ data }: MessageEvent<SetupHostMessage>) => this.#take(data));
    send({ type: 'ready' });
  }

  #take(message: SetupHostMessage): void {
    switch (message.type) {
      case 'checking':
        this.checking = true;
        break;
      case 'report':
        this.checking = false;
        this.report = message.report;
        this.trusted = message.trusted;
        break;
      case 'installing':
        this.installing = message.running;
        break;
      case 'lines':
        this.lines = message.lines;
        break;
      case 'failure':
        this.failure = message.failure;
        break;
    }
  }
}

/** Signals to a job: the first one waits for what is at work, the next one does not. */
import type { Engine } from '../engines/contract/index.js';

/**
 * One Ctrl-C may arrive twice: a terminal interrupts every process of its group, and the one that started the job passes
 * on what it got itself.
 */
const sameRequestMilliseconds = 1000;

export function stopOnSignals(engine: Pick<Engine, 'stop'>): void {
  let requested: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (requested === null) {
        requested = now;
        engine.stop('checkpoint');
      } else if (now - requested > sameRequestMilliseconds) engine.stop('now');
    });
  }
}

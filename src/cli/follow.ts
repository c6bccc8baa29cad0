/** Following a run that trains in its own process, as a reader; Ctrl-C asks it to stop. */

import { errorText } from '../errors.js';
import { runProcess, stopRun } from '../runs/control/index.js';
import { hasEnded, progress } from '../runs/facts/index.js';
import { type RunDelta, RunWatcher } from '../runs/read/index.js';
import { benchmarkLine, lineOf } from './display.js';
import type { FollowView } from './screen.js';

/** Resolves with the run when it is over or its folder is gone. The caller disposes of it. */
export async function followRun(directory: string, view: FollowView, plain: boolean): Promise<RunWatcher> {
  const run = await RunWatcher.open(directory);
  await run.series();
  const show = (delta: RunDelta) => {
    if (delta.kind === 'metrics' && plain) {
      for (const step of delta.steps) {
        const metrics = run.columns.record(step);
        if (metrics) view.say(lineOf(metrics, progress(run.summary).total));
      }
    }
    if (delta.kind === 'benchmarks') for (const record of delta.benchmarks) view.say(benchmarkLine(record));
    view.update(run);
  };
  const stopping = stopOnInterrupt(directory, view);
  try {
    let state = run.summary.state;
    await new Promise<void>((over, fail) => {
      const look = () => {
        if (run.deleted) over();
        else if (run.summary.state === 'lost') {
          // After the machine wakes up the heartbeat is old, but the trainer continues.
          runProcess(directory).then((alive) => {
            if (!alive) over();
          }, fail);
        } else if (hasEnded(run.summary.state)) over();
        if (plain && run.summary.state !== state) view.say(run.summary.state);
        state = run.summary.state;
      };
      run.onChange((delta) => {
        show(delta);
        look();
      });
      run.start().then(look, fail);
    });
    await stopping.settled();
    await run.refresh();
    view.update(run);
  } finally {
    stopping.dispose();
    view.end();
  }
  return run;
}

/** The first Ctrl-C asks for a checkpoint and a stop, the second one does not wait for the step. */
function stopOnInterrupt(directory: string, view: FollowView) {
  let presses = 0;
  let pending: Promise<unknown> = Promise.resolve();
  const stop = () => {
    presses++;
    if (presses > 2) return;
    const mode = presses === 1 ? 'checkpoint' : 'now';
    view.say(
      presses === 1
        ? 'Stopping after this step, with a checkpoint. Press Ctrl-C again to stop at once.'
        : 'Stopping at once.',
    );
    const stopped = stopRun(directory, { mode }).catch((error: unknown) => {
      view.say(errorText(error));
    });
    pending = Promise.all([pending, stopped]);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    settled: () => pending,
    dispose: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

/** The terminal's side of an action: lines on standard error. Nothing is asked; Ctrl-C cancels. */
import type { Ui } from '../actions/index.js';

/** As shells report a process that Ctrl-C ended. */
export const interruptedExitCode = 130;

const signals = ['SIGINT', 'SIGTERM'] as const;
const say = (line: string) => process.stderr.write(`${line}\n`);

export const terminal: Ui = {
  log: say,
  info: say,

  async confirm(question, detail) {
    for (const line of [question, ...detail.split('\n')]) if (line !== '') say(`warning: ${line}`);
    return true;
  },

  async progress({ title, cancellable }, work) {
    const cancel = new AbortController();
    const onSignal = () => cancel.abort();
    // A second signal ends this process as usual.
    if (cancellable) for (const signal of signals) process.once(signal, onSignal);
    const redraws = process.stderr.isTTY;
    let drawn = false;
    const endLine = () => {
      if (drawn) process.stderr.write('\n');
      drawn = false;
    };
    try {
      return await work(({ message, share }) => {
        if (share === undefined || !redraws) {
          endLine();
          say(share === undefined ? `${title}: ${message}` : message);
        } else {
          process.stderr.write(`\r${message}\u001b[K`);
          drawn = true;
        }
      }, cancel.signal);
    } finally {
      endLine();
      for (const signal of signals) process.off(signal, onSignal);
    }
  },
};

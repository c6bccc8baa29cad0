/** Where every error of a command ends: as a message, never as a stack trace. */
import { faultReport, reasonOf } from '../errors.js';
import { explain, version } from './context.js';

/** What the terminal shows of any thrown value. With `G2RL_DEBUG=1` a fault of this program shows where it happened. */
export function failureText(error: unknown, environment: NodeJS.ProcessEnv = process.env): string {
  const known = explain(error);
  if (known !== null) return known;
  const debugging = environment.G2RL_DEBUG === '1';
  const stack = debugging && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  const place = `G2RL Lab ${version()}, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  const next = debugging
    ? 'Report it with the text above and the command.'
    : 'Report it with this text and the command; with G2RL_DEBUG=1 set, it also shows where it happened.';
  return `${faultReport(reasonOf(error)).message}${stack}\n  ${next} (${place})`;
}

function fail(error: unknown): void {
  process.stderr.write(`${failureText(error)}\n`);
  process.exitCode = 1;
}

/** What commands return becomes the exit code; what they throw, a message. */
export async function finish(result: Promise<number>): Promise<void> {
  try {
    process.exitCode = await result;
  } catch (error) {
    fail(error);
  }
}

/** The same for what is thrown outside of a command's own promise. */
export function catchTheRest(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Whoever read the output has seen enough, as `head` does.
      if (error.code === 'EPIPE') process.exit();
      throw error;
    });
  }
  process.on('uncaughtException', (error) => {
    fail(error);
    process.exit();
  });
}

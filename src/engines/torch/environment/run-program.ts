/** Runs a program of an installation, line by line. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface RunOptions {
  signal?: AbortSignal;
  /** Each line that the program prints. */
  onLine(line: string): void;
}

/** Whether it is there and ends well; what it prints is left out. */
export async function succeeds(command: readonly string[]): Promise<boolean> {
  if (!existsSync(command[0]!)) return false;
  const { code } = await run(command, { onLine: () => {} });
  return code === 0;
}

/** @throws the signal's reason when it ends the program */
export async function run(
  command: readonly string[],
  { signal, onLine }: RunOptions,
): Promise<{ code: number; lines: string[] }> {
  signal?.throwIfAborted();
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const lines: string[] = [];
  const take = (line: string) => {
    lines.splice(0, Math.max(0, lines.length - 200));
    lines.push(line);
    onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
  const end = () => child.kill();
  signal?.addEventListener('abort', end, { once: true });
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      take(error.message);
      resolve(127);
    });
    child.once('close', (exitCode) => resolve(exitCode ?? 128));
  });
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  return { code, lines };
}

/** Runs a program of an installation, line by line. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { withoutCredentials } from '../../../errors.js';

/** Characters: what is shorter stands in ordinary texts. */
const leastSecret = 8;

export interface RunOptions {
  signal?: AbortSignal;
  /** Each line that the program prints. */
  onLine(line: string): void;
}

/**
 * Removes the names and passwords of package indexes and proxies from what an installer prints: pip and uv hide most of
 * them. A password may hold anything, so those that the environment has are known by their text.
 */
function hidesCredentials(environment: NodeJS.ProcessEnv): (line: string) => string {
  const secrets = Object.entries(environment).flatMap(([name, value = '']) => [
    ...value.split(/\s+/).flatMap((url) => /^[a-z][a-z0-9+.-]*:\/\/(.+)@/i.exec(url)?.[1] ?? []),
    ...(/(TOKEN|API_KEY|PASSWORD|SECRET)$/i.test(name) ? [value] : []),
  ]);
  const known = secrets.filter((secret) => secret.length >= leastSecret);
  return (line) => withoutCredentials(known.reduce((text, secret) => text.replaceAll(secret, '***'), line));
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
  const hide = hidesCredentials(process.env);
  const take = (text: string) => {
    const line = hide(text);
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

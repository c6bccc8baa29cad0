/** The real command line, each command in a process group of its own. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { ProcessIdentity } from '../../src/runs/protocol/identity.js';
import { processStartTime } from '../../src/runs/protocol/process.js';

const cliPath = resolve('dist/cli.cjs');

export class Command implements ProcessIdentity {
  readonly pid: number;
  readonly processStart: string;
  stdout = '';
  stderr = '';
  /** Exit code or signal; null while it runs. */
  end: number | NodeJS.Signals | null = null;
  /** Resolves when it has ended and everything it printed was read. */
  readonly ended: Promise<void>;

  constructor(
    readonly parameters: readonly string[],
    folder: string,
  ) {
    const child = spawn(process.execPath, [cliPath, ...parameters], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid === undefined) throw new Error(`${process.execPath} cannot be started.`);
    this.pid = child.pid;
    this.processStart = processStartTime(child.pid) ?? '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((finish) => {
      child.once('close', (code, signal) => {
        this.end = code ?? signal ?? 'SIGKILL';
        finish();
      });
    });
  }

  /** Both say so as soon as a trainer of theirs was started. */
  get started(): boolean {
    return /^(Run|Training in) /m.test(this.stdout);
  }

  /** The pid that it names when somebody else works on the run; null when it was not refused. */
  get refusedFor(): number | null {
    const pid = /^Process (\d+) works on this run already/m.exec(this.stderr)?.[1];
    return pid === undefined ? null : Number(pid);
  }
}

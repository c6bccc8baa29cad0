/**
 * The process between a trainer and a program of rewards: `reward-guard.cjs <program> <arguments>`. Its stdin, stdout and
 * stderr are the program's. What the trainer holds of file descriptor 3 closes when the trainer ends, however it ends:
 * the program, and what it has started, is killed a moment later.
 */
import { execFile, spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** For what a program does when its input ends. */
const graceMilliseconds = 2000;

const [program = '', ...parameters] = process.argv.slice(2);
// Meant for this process, and for the trainer.
const { ELECTRON_RUN_AS_NODE, MALLOC_ARENA_MAX, MALLOC_TRIM_THRESHOLD_, MALLOC_MMAP_THRESHOLD_, ...env } =
  process.env;
const child = spawn(program, parameters, { stdio: 'inherit', windowsHide: true, env });
const trainer = new Socket({ fd: 3 });

// A terminal's or a batch system's signals are for the trainer, which ends this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

/** The program leads no group of its own: it is in that of this process. */
function endAll(): void {
  if (process.platform === 'win32') execFile('taskkill', ['/pid', String(child.pid), '/T', '/F']);
  else process.kill(-process.pid, 'SIGKILL');
}

child.once('error', (error: NodeJS.ErrnoException) => {
  trainer.end(`${error.code ?? error.message}\n`, () => process.exit(127));
});
child.once('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  trainer.end(`${signal}\n`, () => process.exit(1));
});
trainer.on('error', () => {});
trainer.on('close', () => setTimeout(endAll, graceMilliseconds));
trainer.resume();

/** Starting other programs: their output is the step's, a failure is an exit code or an error with it. */
import { spawn } from 'node:child_process';
import { isKept, printer } from './output.mjs';
import { root, toolEnvironment } from './paths.mjs';

/** How long the rest of a program's output is waited for once it has ended: what it has left running may hold it open. */
const restMilliseconds = 2000;

/**
 * Runs a program to its end with its output shown: straight to the terminal, unless the step's output is kept.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<number>} The exit code; 127 when the program could not be started, 128 when a signal ended it.
 */
export function run(command, args, { cwd = root, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: toolEnvironment(env),
      stdio: isKept() ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      shell: process.platform === 'win32',
    });
    const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
    const print = printer();
    for (const stream of streams) stream.setEncoding('utf8').on('data', print);
    child.once('error', (error) => {
      print(`${command}: ${error.message}\n`);
      resolve(127);
    });
    child.once('exit', (code) => {
      const timer = setTimeout(() => {
        for (const stream of streams) stream.destroy();
      }, restMilliseconds);
      child.once('close', () => {
        clearTimeout(timer);
        resolve(code ?? 128);
      });
    });
  });
}

/** The same, but a failure throws. */
export async function must(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Error(`"${[command, ...args].join(' ')}" failed with exit code ${code}.`);
}

/**
 * Runs a program and keeps what it prints.
 * @returns {Promise<{ code: number, output: string }>} Standard output and error together.
 */
export function capture(command, args, { cwd = root, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env: toolEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 128, output }));
  });
}

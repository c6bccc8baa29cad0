/** A trainer that waits for a line and then does one step: both sides of the comparison speak like this. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { root, toolEnvironment } from '../lib/paths.mjs';

export class Stepper {
  #child;
  #lines;
  #errors = '';

  /** Starts a program; `ready` is what it says once it waits. Throws what it printed when it ends instead. */
  static async start(command, args, env = {}) {
    const stepper = new Stepper(command, args, env);
    const { ready } = await stepper.#answer();
    return { stepper, ready };
  }

  constructor(command, args, env) {
    this.#child = spawn(command, args, {
      cwd: root,
      env: toolEnvironment(env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors += text;
    });
    // Writing to a program that has ended must not end this one; its missing answer reports it.
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async #answer() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(this.#errors.trim().split('\n').slice(-5).join('\n') || 'The trainer ended.');
    return JSON.parse(value);
  }

  /** One step. @returns {Promise<{ seconds: number, responseTokens: number, peakRssBytes: number }>} */
  step() {
    this.#child.stdin.write('\n');
    return this.#answer();
  }

  /** Ends the program and waits until it is gone. */
  async end() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin.end();
    await gone;
  }
}

/** A Python function that gives a reward, in a process of its own: a line of JSON for each step in and out. */
import { join } from 'node:path';
import { z } from 'zod';
import { pythonReward } from '../experiment/index.js';
import { faultText, lineOf } from './fault-place.js';
import { secondsText, startSeconds, stepSeconds } from './limits.js';
import { ProgramProcess } from './program-process.js';
import { hintAfter, RewardError } from './reward-error.js';
import { keptNote, type RewardInput, type RewardSource, type RewardValues } from './types.js';

export interface PythonFunctionOptions {
  /** Name of the reward. */
  name: string;
  /** `file.py:function`, the file absolute. */
  python: string;
  /** For one response. */
  seconds: number;
  folder: string;
  /** Interpreter. */
  interpreter: string;
  /** Folder that holds the package `g2rl_torch`. */
  packageFolder: string;
  log(line: string): void;
}

const answerSchema = z.union([
  z.object({
    rewards: z.array(z.number().nullable()),
    notes: z.array(z.string().nullable()).optional(),
  }),
  z.object({ error: z.string(), traceback: z.string() }),
]);

/** Beyond the limit that it watches itself, and says where it was. */
const laterSeconds = 5;

export class PythonFunction implements RewardSource {
  readonly #process: ProgramProcess;
  readonly #file: string;

  constructor(private readonly options: PythonFunctionOptions) {
    const { python, interpreter, packageFolder } = options;
    const { file, function: name } = pythonReward(python);
    this.#file = file;
    const host = join(packageFolder, 'g2rl_torch', 'rewards', 'host.py');
    const command = [interpreter, host, file, name];
    this.#process = new ProgramProcess({ ...options, command, guard: null });
  }

  /** Loads its file. @throws RewardError when that fails, or the file has no such function */
  async load(): Promise<void> {
    await this.#ask([], startSeconds);
  }

  score(responses: readonly RewardInput[]): Promise<RewardValues> {
    return this.#ask(responses, stepSeconds(this.options.seconds, responses.length));
  }

  async #ask(batch: readonly RewardInput[], seconds: number): Promise<RewardValues> {
    const { name, log } = this.options;
    const written = this.#process.write([`${JSON.stringify({ batch, seconds })}\n`]);
    const line = await this.#process.read(1000 * (seconds + laterSeconds));
    if (line === null) {
      // Where a computation in C keeps Python from answering, a dump of where it is comes shortly before.
      const at = lineOf(this.#process.lastWords, this.#file);
      const subject = at === null ? this.#file : `${this.#file}, line ${at}: it`;
      throw new RewardError(name, `${subject} has not answered within ${secondsText(seconds)}`);
    }
    if (typeof line !== 'string')
      throw new RewardError(name, faultText(line.how, line.lastWords, [this.#file]), hintAfter(line.how));
    await written;
    const answer = answerSchema.parse(JSON.parse(line));
    if ('error' in answer) {
      for (const one of answer.traceback.split('\n').filter((text) => text.trim() !== '')) log(one);
      throw new RewardError(name, answer.error);
    }
    const notes = answer.notes?.map((note) => (note === null ? null : keptNote(note)));
    return { values: answer.rewards, notes: notes ?? answer.rewards.map(() => null) };
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}

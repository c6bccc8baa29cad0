/** Any program that gives a reward: a line of JSON for each response in, a line for each out. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { faultText } from './fault-place.js';
import { largestReward, secondsText, startSeconds, stepSeconds } from './limits.js';
import { type ProgramEnd, ProgramProcess } from './program-process.js';
import { hintAfter, RewardError } from './reward-error.js';
import { keptNote, type RewardInput, type RewardSource, type RewardValues } from './types.js';

export interface LineProgramOptions {
  /** Name of the reward. */
  name: string;
  command: readonly string[];
  /** For one response. */
  seconds: number;
  folder: string;
  guard: string;
  log(line: string): void;
}

const answerSchema = z.object({
  reward: z.number().nullable(),
  note: z.string().nullish(),
  id: z.int().optional(),
});
type Answer = z.infer<typeof answerSchema>;

const wanted = 'a reward is a finite number, or null to leave the response out';

const shown = (line: string) => (line.length > 120 ? `${line.slice(0, 120)}…` : line);

export class LineProgram implements RewardSource {
  readonly #process: ProgramProcess;
  /** Number of the next response; the program may answer in another order by it. */
  #next = 0;
  #hasAnswered = false;

  constructor(private readonly options: LineProgramOptions) {
    this.#process = new ProgramProcess(options);
  }

  async score(responses: readonly RewardInput[]): Promise<RewardValues> {
    const { seconds } = this.options;
    const [surplus] = this.#process.unread;
    if (surplus !== undefined) {
      throw this.#error(
        `wrote ${shown(surplus)} without being asked: an answer too many, or a message, which belongs on stderr`,
      );
    }
    const first = this.#next;
    this.#next += responses.length;
    const written = this.#process.write(linesOf(responses, first));
    const values: (number | null | undefined)[] = new Array(responses.length).fill(undefined);
    const notes: (string | null)[] = new Array(responses.length).fill(null);
    const extra = this.#hasAnswered ? 0 : startSeconds;
    const end = performance.now() + 1000 * (extra + stepSeconds(seconds, responses.length));
    for (let count = 0; count < responses.length; count++) {
      const patience = 1000 * (seconds + (this.#hasAnswered ? 0 : startSeconds));
      const line = await this.#line(Math.min(patience, end - performance.now()));
      if (line === null) {
        const limit =
          performance.now() >= end
            ? `in the ${secondsText(stepSeconds(seconds, responses.length))} of a step`
            : `and then nothing for ${secondsText(patience / 1000)}`;
        throw this.#error(`gave ${count} of ${responses.length} answers ${limit}`);
      }
      const { reward, note, id = first + count } = this.#answer(line, count);
      const place = id - first;
      if (!(place in values) || values[place] !== undefined) {
        throw this.#error(`answered with the id ${id}, which is of no response that has no answer yet`);
      }
      values[place] = reward;
      notes[place] = note ? keptNote(note) : null;
      this.#hasAnswered = true;
    }
    const isRead = written.then(() => true);
    if (!(await Promise.race([isRead, sleep(1000 * seconds, false, { ref: false })]))) {
      throw this.#error('gave an answer for each response without reading them all');
    }
    return { values: values.map((value) => value ?? null), notes };
  }

  /** The next line that is not empty; null when none came in time. */
  async #line(milliseconds: number): Promise<string | null> {
    const end = performance.now() + milliseconds;
    for (;;) {
      const line = await this.#process.read(end - performance.now());
      if (line === null) return null;
      if (typeof line !== 'string') throw this.#ending(line);
      if (line.trim() !== '') return line;
    }
  }

  #answer(line: string, count: number): Answer {
    const what = `answered ${shown(line)} (answer ${count + 1} of the step)`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      // JSON has no words for these, but serializers write them.
      if (/"reward"\s*:\s*-?(NaN|Infinity)\b/.test(line)) throw this.#error(`${what}: ${wanted}`);
      throw this.#error(`${what}, which is not JSON such as {"reward": 0.5}`);
    }
    const parsed = answerSchema.safeParse(value);
    if (parsed.success && Math.abs(parsed.data.reward ?? 0) <= largestReward) return parsed.data;
    if (parsed.success) {
      throw this.#error(
        `${what}: a reward is a finite number, at most 3.4e38 in size, or null to leave the response out`,
      );
    }
    const field = parsed.error.issues[0]?.path[0];
    throw this.#error(
      field === 'note'
        ? `${what}: a note is a text`
        : field === 'id'
          ? `${what}: an id is the number that the response came with`
          : `${what}: ${wanted}`,
    );
  }

  #ending({ how, lastWords, refused }: ProgramEnd): RewardError {
    const { name, command } = this.options;
    const [program = ''] = command;
    if (refused === 'missing') {
      const hint = "Install it, or correct the command in the run's run.json; then resume the run.";
      return new RewardError(name, `there is no program ${program}`, hint);
    }
    if (refused === 'forbidden') {
      const hint = `Make it executable (chmod +x ${program}), then resume the run.`;
      return new RewardError(name, `${program} may not be executed by this user`, hint);
    }
    return new RewardError(name, faultText(how, lastWords, this.#files()), hintAfter(how));
  }

  #error(problem: string): RewardError {
    return new RewardError(
      this.options.name,
      `${this.#files()[0] ?? this.options.command.join(' ')} ${problem}`,
    );
  }

  /** Files of its command, scripts before the program that runs them. */
  #files(): string[] {
    const [program = '', ...parameters] = this.options.command;
    return [...parameters, program].filter((text) => isAbsolute(text) && existsSync(text));
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}

const escapedMark = (mark: string) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;

function* linesOf(responses: readonly RewardInput[], first: number): Generator<string> {
  for (const [index, response] of responses.entries()) {
    // Some readers, such as Node's, take these for ends of lines, and JSON leaves them as they are.
    yield `${JSON.stringify({ id: first + index, ...response }).replace(/[\u0085\u2028\u2029]/g, escapedMark)}\n`;
  }
}

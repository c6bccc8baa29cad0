/** A process that speaks lines: started, written to, read from, and ended with all that it has started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

export interface ProgramOptions {
  command: readonly string[];
  /** Working directory. */
  folder: string;
  /**
   * `reward-guard.cjs`, for programs that know nothing of a trainer; null for a program that ends by itself when the
   * trainer does, and with all it has started when it gets SIGUSR1.
   */
  guard: string | null;
  /** Takes what it writes to stderr. */
  log(line: string): void;
}

export interface ProgramEnd {
  /** How, as it follows the name of the program: `ended with code 1`. */
  how: string;
  /** Why it has never been: there is no such program, or it may not be executed. */
  refused?: 'missing' | 'forbidden' | undefined;
  /** The last lines that it wrote to stderr. */
  lastWords: readonly string[];
}

/** Characters of a line. */
const longestLine = 2 ** 26;
const longestLogLine = 2000;
const lastWordsKept = 40;
/** Lines that nobody has read yet, beyond which the program has to wait. */
const mostUnread = 100_000;
/** From the end of its input to its end by force. */
const graceMilliseconds = 2500;
/** For the last lines of a process whose children still hold its output. */
const drainMilliseconds = 500;

export class ProgramProcess {
  readonly #child: ChildProcess;
  readonly #unread: string[] = [];
  readonly #lastWords: string[] = [];
  #end: ProgramEnd | null = null;
  /** What its guard says of it. */
  #fate = '';
  #wake: () => void = () => {};

  constructor(private readonly options: ProgramOptions) {
    const { command, folder, guard } = options;
    const [program = '', ...parameters] = guard === null ? command : [process.execPath, guard, ...command];
    this.#child = spawn(program, parameters, {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      // A group of its own, which can be ended as a whole.
      detached: guard !== null && process.platform !== 'win32',
      windowsHide: true,
    });
    const [input, output, words, fate] = this.#child.stdio;
    // A program that has ended takes no more: how it ended says why.
    for (const stream of [input, output, words, fate]) stream?.on('error', () => {});
    this.#readLines(output as NodeJS.ReadableStream, (line) => {
      this.#unread.push(line);
      if (this.#unread.length > mostUnread) output?.pause();
      this.#wake();
    });
    this.#readWords(words as NodeJS.ReadableStream);
    fate?.on('data', (text: Buffer) => {
      this.#fate += text.toString();
    });
    this.#child.once('error', (error: NodeJS.ErrnoException) => this.#ended(error.code ?? error.message));
    this.#child.once('exit', (code, signal) => {
      const close = () => this.#ended(this.#fate.trim() || signal || `code ${code}`);
      const timer = setTimeout(close, drainMilliseconds);
      this.#child.once('close', () => {
        clearTimeout(timer);
        close();
      });
    });
  }

  /**
   * Its stderr, line by line. A bar of progress has no end of line for hours: what it has overwritten is not kept, and
   * neither is what is too long.
   */
  #readWords(stream: NodeJS.ReadableStream): void {
    const decoder = new StringDecoder('utf8');
    let pending = '';
    const take = (text: string) => {
      const line = text.replace(/\r+$/, '');
      const last = line.slice(line.lastIndexOf('\r') + 1);
      const shown = last.length > longestLogLine ? `${last.slice(0, longestLogLine)}…` : last;
      this.#lastWords.splice(0, Math.max(0, this.#lastWords.length - lastWordsKept));
      this.#lastWords.push(shown);
      this.options.log(shown);
    };
    stream.on('data', (data: Buffer) => {
      const [first = '', ...others] = decoder.write(data).split('\n');
      pending += first;
      for (const piece of others) {
        take(pending);
        pending = piece;
      }
      if (pending.length <= 2 * longestLogLine) return;
      pending = pending
        .slice(Math.max(0, pending.trimEnd().lastIndexOf('\r') + 1))
        .slice(0, longestLogLine + 1);
    });
    stream.on('end', () => {
      if (pending !== '') take(pending);
    });
  }

  /** Each line that a stream has; of the last one the end of the stream is its end. */
  #readLines(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
    const decoder = new StringDecoder('utf8');
    let pending: string[] = [];
    let length = 0;
    const add = (text: string) => {
      const pieces = text.split('\n');
      const last = pieces.pop() ?? '';
      for (const piece of pieces) {
        // Some runtimes begin what they write in UTF-8 with a mark.
        take([...pending, piece].join('').replace(/^\uFEFF|\r$/g, ''));
        pending = [];
        length = 0;
      }
      if (last === '') return;
      pending.push(last);
      length += last.length;
      if (length <= longestLine) return;
      pending = [];
      this.#ended('a line of more than 64 MiB');
    };
    stream.on('data', (data: Buffer) => add(decoder.write(data)));
    stream.on('end', () => {
      if (pending.length > 0) take(pending.join(''));
    });
  }

  #ended(fate: string): void {
    if (this.#end !== null) return;
    const program = basename(this.options.command[0] ?? '');
    const how = /^code \d+$/.test(fate)
      ? `ended with ${fate}`
      : fate === 'ENOENT'
        ? `cannot be started: there is no program ${this.options.command[0]}`
        : fate === 'EACCES'
          ? `cannot be started: ${program} may not be executed by this user`
          : /^SIG/.test(fate)
            ? `was killed (${fate})`
            : /^a line/.test(fate)
              ? `wrote ${fate}`
              : `cannot be started (${fate})`;
    const refused = fate === 'ENOENT' ? 'missing' : fate === 'EACCES' ? 'forbidden' : undefined;
    this.#end = { how, refused, lastWords: [...this.#lastWords] };
    this.#kill();
    this.#wake();
  }

  /** What it wrote to stderr last. */
  get lastWords(): readonly string[] {
    return this.#lastWords;
  }

  /** Lines that were not read yet. */
  get unread(): readonly string[] {
    return this.#unread;
  }

  /** Resolves when all is written, or the program takes nothing any more. */
  async write(texts: Iterable<string>): Promise<void> {
    const { stdin } = this.#child;
    for (const text of texts) {
      if (!stdin || stdin.destroyed || this.#end) return;
      if (stdin.write(text)) continue;
      await new Promise<void>((resolve) => {
        const goOn = () => {
          for (const event of ['drain', 'close']) stdin.off(event, goOn);
          resolve();
        };
        for (const event of ['drain', 'close']) stdin.once(event, goOn);
      });
    }
  }

  /**
   * The next line.
   * @param milliseconds to wait for it
   * @returns how the program ended when there is no further line, or null when none came in time
   */
  async read(milliseconds: number): Promise<string | ProgramEnd | null> {
    const deadline = performance.now() + milliseconds;
    for (;;) {
      const line = this.#unread.shift();
      if (line !== undefined) {
        if (this.#unread.length === 0) this.#child.stdout?.resume();
        return line;
      }
      if (this.#end !== null) return this.#end;
      const left = deadline - performance.now();
      if (left <= 0) return null;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Lets it end, and ends it. */
  async close(): Promise<void> {
    const [, , , lifeline] = this.#child.stdio;
    this.#child.stdin?.end();
    if (this.#end === null) {
      const gone = once(this.#child, 'exit').catch(() => {});
      const timer = setTimeout(() => this.#kill(), graceMilliseconds);
      (lifeline as { end?(): void } | null)?.end?.();
      await gone;
      clearTimeout(timer);
    }
    for (const stream of this.#child.stdio) (stream as { destroy?(): void } | null)?.destroy?.();
  }

  /** With everything that it has started. */
  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.#child.kill();
      else if (this.options.guard === null) this.#child.kill('SIGUSR1');
      else process.kill(-pid, 'SIGKILL');
    } catch {
      // There is no process of it any more.
    }
  }
}

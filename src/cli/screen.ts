/** The part of a terminal that is drawn again and again, with plain lines scrolling away above it. */
import { type DrawnRun, formatRun } from './display.js';

export interface FollowView {
  /** A line that stays. */
  say(line: string): void;
  /** The run changed. */
  update(run: DrawnRun): void;
  /** Nothing more is drawn. */
  end(): void;
}

const frameMilliseconds = 100;
const clearBelow = '\u001b[J';
const cursorUp = (lines: number) => (lines > 0 ? `\u001b[${lines}A\r` : '\r');

/** For a terminal: redraws in place, at most ten times a second. */
export class LiveView implements FollowView {
  #drawn = 0;
  #run: DrawnRun | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly output: NodeJS.WriteStream) {}

  say(line: string): void {
    this.output.write(`${cursorUp(this.#drawn)}${clearBelow}${line}\n`);
    this.#drawn = 0;
    this.#draw();
  }

  update(run: DrawnRun): void {
    this.#run = run;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#draw();
    }, frameMilliseconds);
  }

  end(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#draw();
    this.#run = null;
    this.#drawn = 0;
  }

  #draw(): void {
    if (!this.#run) return;
    const lines = formatRun(this.#run, this.output.columns || 80);
    this.output.write(`${cursorUp(this.#drawn)}${clearBelow}${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }
}

/** For logs and pipes: only what stays. */
export class PlainView implements FollowView {
  constructor(private readonly output: NodeJS.WritableStream) {}

  say(line: string): void {
    this.output.write(`${line}\n`);
  }

  update(): void {}

  end(): void {}
}

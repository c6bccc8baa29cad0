/** What a process has written to a log that others wrote to before it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const mostBytes = 64 * 1024;

export class LogTail {
  private constructor(
    private readonly file: string,
    /** Bytes that were there before. */
    private readonly start: number,
  ) {}

  /** From where the log ends now. */
  static from(file: string): LogTail {
    return new LogTail(file, withLog(file, (descriptor) => fstatSync(descriptor).size) ?? 0);
  }

  /** The last kilobytes that were written since; empty when the log cannot be read. */
  read(): string {
    const text = withLog(this.file, (descriptor) => {
      const { size } = fstatSync(descriptor);
      const buffer = Buffer.alloc(Math.min(mostBytes, Math.max(0, size - this.start)));
      readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8');
    });
    return text ?? '';
  }
}

function withLog<Result>(file: string, use: (descriptor: number) => Result): Result | null {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}

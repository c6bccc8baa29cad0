/** Reading files that grow: by byte offset, whole lines only, from the start again when the file was replaced. */
import {
  errorCode,
  type JsonObject,
  openQuickly,
  parseObject,
  runFileError,
  statQuickly,
} from '../protocol/index.js';

const chunkBytes = 256 * 1024;
const newline = 0x0a;
/** A longer line is not held: it would not even fit into a string of JavaScript. */
const maxLineBytes = 256 * 2 ** 20;

export interface LineListener {
  /** The file is another one or became shorter: what was read before no longer counts. */
  reset(): void;
  /**
   * One line without its newline, its byte offset in the file, and its number there, 1 for the first. One of more than
   * 256 MB comes as an empty one.
   */
  line(bytes: Buffer, offset: number, number: number): void;
}

/** Splits at the newline byte, which is never a part of another character in UTF-8. */
export class LineTail {
  #inode: number | null = null;
  /** Bytes of the file read so far, the incomplete line in `#rest` included. */
  #offset = 0;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Lines that have ended so far. */
  #lines = 0;

  /** The read in progress: two overlapping reads would take the same bytes. */
  #reading: Promise<void> = Promise.resolve();

  constructor(readonly file: string) {}

  /**
   * Reads what was added since. A file that is not there is an empty one; of one that is there no longer, what was read
   * stays until another one takes its place: a folder that is deleted loses its files one by one.
   * @param most bytes to read at most
   * @returns whether there is more
   * @throws {RunFileError}
   */
  read(listener: LineListener, most = Number.POSITIVE_INFINITY): Promise<boolean> {
    const next = this.#reading.then(() => this.#read(listener, most));
    this.#reading = next.then(
      () => {},
      () => {},
    );
    return next;
  }

  async #read(listener: LineListener, most: number): Promise<boolean> {
    let opened: Awaited<ReturnType<typeof openQuickly>>;
    try {
      if (this.#inode !== null && (await this.#isAtEnd())) return false;
      opened = await openQuickly(this.file);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw runFileError(error, 'read', this.file);
      this.#inode = null;
      return false;
    }
    const {
      handle,
      stats: { ino, size },
    } = opened;
    try {
      if (this.#inode !== ino || size < this.#offset) this.#startAnew(listener, ino);
      // What is added meanwhile is for the next read.
      const end = Math.min(size, this.#offset + most);
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, end - this.#offset));
      while (this.#offset < end) {
        const wanted = Math.min(chunkBytes, end - this.#offset);
        const { bytesRead } = await handle.read(chunk, 0, wanted, this.#offset);
        if (bytesRead === 0) return false;
        this.#take(chunk.subarray(0, bytesRead), listener);
      }
      return end < size;
    } catch (error) {
      throw runFileError(error, 'read', this.file);
    } finally {
      await handle.close();
    }
  }

  /** Whether nothing was added, without opening the file. */
  async #isAtEnd(): Promise<boolean> {
    const { ino, size } = await statQuickly(this.file);
    return ino === this.#inode && size === this.#offset;
  }

  #startAnew(listener: LineListener, inode: number): void {
    const hadRead = this.#offset > 0;
    this.#inode = inode;
    this.#offset = 0;
    this.#lines = 0;
    this.#rest = [];
    this.#restBytes = 0;
    if (hadRead) listener.reset();
  }

  #take(chunk: Buffer, listener: LineListener): void {
    let lineStart = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, lineStart)) {
      const offset = this.#offset + lineStart - this.#restBytes;
      this.#lines++;
      if (end > lineStart || this.#restBytes > 0) {
        listener.line(this.#withRest(chunk.subarray(lineStart, end)), offset, this.#lines);
      }
      lineStart = end + 1;
    }
    // A copy: the chunk is used again.
    this.#restBytes += chunk.length - lineStart;
    if (this.#restBytes > maxLineBytes) this.#rest = [];
    else if (lineStart < chunk.length) this.#rest.push(Buffer.from(chunk.subarray(lineStart)));
    this.#offset += chunk.length;
  }

  /** The line that ends with `end`, joined once: joining at every chunk would cost the square of its length. */
  #withRest(end: Buffer): Buffer {
    if (this.#restBytes === 0) return end;
    const isHeld = this.#restBytes + end.length <= maxLineBytes;
    const line = isHeld ? Buffer.concat([...this.#rest, end]) : Buffer.alloc(0);
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }
}

export interface TailResult<T> {
  records: T[];
  /** True when records read earlier no longer count; `records` then starts again. */
  reset: boolean;
}

/** New JSON objects of a file, one per line. Lines that do not parse or are not of the type are counted. */
export class JsonLinesTail<T> {
  readonly #tail: LineTail;
  /** Lines skipped since the start of the file. */
  skippedLines = 0;

  constructor(
    file: string,
    private readonly isRecord: (value: JsonObject) => boolean,
    private readonly parse = parseObject,
  ) {
    this.#tail = new LineTail(file);
  }

  /** @throws {RunFileError} */
  async read(): Promise<TailResult<T>> {
    const result: TailResult<T> = { records: [], reset: false };
    await this.#tail.read({
      reset: () => {
        result.reset = true;
        result.records = [];
        this.skippedLines = 0;
      },
      line: (bytes) => {
        const value = this.parse(bytes);
        if (value && this.isRecord(value)) result.records.push(value as T);
        else this.skippedLines++;
      },
    });
    return result;
  }
}

/** Text that is not UTF-8 is refused, instead of being read with other characters in it. */
import { isUtf8 } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import { BenchmarkError } from './errors.js';

/** Passes bytes on. @throws BenchmarkError with the line and the byte of the first that is not UTF-8 */
export class Utf8Check extends Transform {
  /** A character whose end is in the next piece. */
  #begun: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #lines = 0;

  constructor(private readonly file: string) {
    super();
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const joined = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    const end = joined.length - unfinished(joined);
    this.#begun = joined.subarray(end);
    this.#pass(joined.subarray(0, end), done);
  }

  override _flush(done: TransformCallback): void {
    this.#pass(this.#begun, done);
  }

  #pass(bytes: Buffer, done: TransformCallback): void {
    if (!isUtf8(bytes)) {
      done(this.#refusal(bytes));
      return;
    }
    this.#bytes += bytes.length;
    this.#lines += linesIn(bytes);
    done(null, bytes.length === 0 ? undefined : bytes);
  }

  #refusal(bytes: Buffer): BenchmarkError {
    const read = Buffer.from(bytes.toString('utf8'));
    const bad = bytes.findIndex((byte, index) => byte !== read[index]);
    const line = this.#lines + linesIn(bytes.subarray(0, bad)) + 1;
    return new BenchmarkError(
      `${this.file}, line ${line}: byte ${this.#bytes + bad + 1} of the file is not UTF-8 text`,
      'Save the file as UTF-8: it has another encoding, such as Latin-1, or is not text.',
    );
  }
}

/** Bytes at the end that begin a character of more bytes than are there. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++;
  return lines;
}

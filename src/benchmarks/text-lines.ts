/** Lines of a text that comes in pieces. */
import { BenchmarkError } from './errors.js';

/** Longer lines are not one problem. V8 has no strings of 512 million characters or more. */
const maxCharacters = 256 * 2 ** 20;

/**
 * Lines without their ends. Only \n and \r\n end a line: JSON texts may hold U+2028, which `readline` splits at.
 * A line is joined once: joining at every piece would cost the square of its length.
 *
 * @param pieces UTF-8, cut between characters
 * @throws BenchmarkError with the number of a line that is too long
 */
export async function* textLines(
  pieces: AsyncIterable<Buffer>,
  file: string,
  longest = maxCharacters,
): AsyncGenerator<string> {
  let line: string[] = [];
  let length = 0;
  let number = 1;
  let isStart = true;
  for await (const piece of pieces) {
    const text = piece.toString();
    const parts = (isStart ? text.replace(/^\uFEFF/, '') : text).split('\n');
    isStart = false;
    for (const [index, part] of parts.entries()) {
      if (index > 0) {
        yield line.join('');
        line = [];
        length = 0;
        number++;
      }
      line.push(part);
      length += part.length;
      if (length > longest) {
        throw new BenchmarkError(
          `${file}, line ${number}: is longer than ${Math.round(longest / 2 ** 20)} million characters`,
          'Write one problem per line, and no other data with it.',
        );
      }
    }
  }
  yield line.join('');
}

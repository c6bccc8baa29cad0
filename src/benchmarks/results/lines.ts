import { ResultsError } from './errors.js';

/** The values of a JSON Lines file with their places, blank lines left out. @throws ResultsError */
export function* jsonLines(text: string, file: string): Generator<{ value: unknown; where: string }> {
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '') continue;
    const where = `${file}, line ${index + 1}`;
    try {
      yield { value: JSON.parse(line) as unknown, where };
    } catch {
      throw new ResultsError(`${where}: not valid JSON`, 'Write one JSON object per line.');
    }
  }
}

/** Where in a person's files a program failed, and with what, by what it wrote before its end. */
import { basename } from 'node:path';

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Of a dump by Python's faulthandler, whose order is that of other languages. */
const newestFirst = /most recent call first/;

/** The line of a file in a trace of Python (the last call comes last) or of JavaScript and others (it comes first). */
export function lineOf(words: readonly string[], file: string): string | null {
  const name = escaped(basename(file));
  const python = new RegExp(`File "(?:[^"]*[/\\\\])?${name}", line (\\d+)`);
  const others = new RegExp(`(?:^|[/\\\\(\\s])${name}:(\\d+)\\b`);
  const dump = words.findIndex((line) => newestFirst.test(line));
  const ofPython =
    dump < 0
      ? words.findLast((line) => python.test(line))
      : words.slice(dump).find((line) => python.test(line));
  const found = ofPython ? python.exec(ofPython) : others.exec(words.find((line) => others.test(line)) ?? '');
  return found?.[1] ?? null;
}

/** The sentence of the error among the last words of a program: `TypeError: x is not a function`. */
function reasonIn(words: readonly string[]): string | null {
  const error =
    words.findLast((line) => line.startsWith('Fatal Python error: ')) ??
    words.findLast((line) => /^(Uncaught )?[\w.]*(Error|Exception|Interrupt)\b/.test(line));
  return (error ?? words.findLast((line) => line.trim() !== '' && !/^\s/.test(line)))?.trim() ?? null;
}

/**
 * What is said of a program that ended: `/a/short.mjs, line 3: it ended with code 1: TypeError: …`.
 * @param how it ended, as it follows its name
 * @param files of its command that exist
 */
export function faultText(how: string, lastWords: readonly string[], files: readonly string[]): string {
  const placed = files.map((file) => ({ file, line: lineOf(lastWords, file) }));
  const { file, line } = placed.find((place) => place.line !== null) ??
    placed[0] ?? { file: null, line: null };
  const where = file === null ? '' : line === null ? `${file} ` : `${file}, line ${line}: it `;
  const reason = reasonIn(lastWords);
  return `${where === '' ? 'it ' : where}${how}${reason === null ? '' : `: ${reason}`}`;
}

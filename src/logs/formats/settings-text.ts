/** Settings that a program has logged as a text. */
import { isObject, type JsonObject, parseObjectWithGaps } from '../../runs/protocol/index.js';

/** The object in a text, perhaps between the marks of a code block; null where there is none. */
export function settingsOfText(text: string): JsonObject | null {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  const value = start < 0 ? null : parseObjectWithGaps(text.slice(start, end + 1));
  return isObject(value) ? value : null;
}

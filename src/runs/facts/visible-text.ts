/** Text of models, files and people, with what would act on its surroundings or stay unseen written out. Pure. */

/**
 * Controls of direction, what is invisible, what breaks lines only here and there, and halves of characters. The
 * joiners U+200C and U+200D stay: Persian, Hindi and emoji need them. Tabs and line feeds stay, too.
 */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u115F\u1160\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\p{Cs}\u{E0000}-\u{E007F}]/gu;

/**
 * The text as it is to be shown: a control as the editor shows it, `␛` where Unicode has a picture for it and
 * `[U+202E]` where not. Line breaks of Windows are line breaks. What is copied is the text itself, not this.
 */
export function visibleText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(unseen, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '␡';
    return `[U+${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  });
}

/** A part of a text, in UTF-16 units; `end` is not in it. */
export interface Span {
  start: number;
  end: number;
}

const isHigh = (code: number) => code >= 0xd800 && code <= 0xdbff;
const isLow = (code: number) => code >= 0xdc00 && code <= 0xdfff;

/** Whether a cut at this place would part a character of two units, or a line break of Windows. */
function parts(text: string, place: number): boolean {
  const [before, after] = [text.charCodeAt(place - 1), text.charCodeAt(place)];
  return (isHigh(before) && isLow(after)) || (before === 0x0d && after === 0x0a);
}

/**
 * The part of `visibleText(text)` that shows a part of the text; whole characters, so it may begin before it and end
 * after it. Null for a part that is empty or reaches out of the text.
 */
export function visibleSpan(text: string, { start, end }: Span): Span | null {
  if (!(start >= 0 && start < end && end <= text.length)) return null;
  const from = parts(text, start) ? start - 1 : start;
  const to = parts(text, end) ? end + 1 : end;
  const before = visibleText(text.slice(0, from)).length;
  return { start: before, end: before + visibleText(text.slice(from, to)).length };
}

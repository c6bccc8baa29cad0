/** How a searched text is found: letter by letter, whatever their case. Pure. */

/** Longest text that is searched for, in UTF-16 units. */
export const longestSearch = 1000;

/** Matches the text itself, no matter its case; null for one that is blank. */
export function searchPattern(search: string): RegExp | null {
  const wanted = search.trim().slice(0, longestSearch);
  return wanted === '' ? null : new RegExp(wanted.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu');
}

/** So much of a text around a match is shown, on each side. */
const around = 60;

/** Where a text matches, with what stands around it on one line; null when it does not. */
export function excerptOf(text: string, pattern: RegExp): string | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const start = Math.max(0, match.index - around);
  const end = Math.min(text.length, match.index + match[0].length + around);
  const excerpt = text.slice(start, end).replace(/\s+/g, ' ').trim();
  return `${start > 0 ? '…' : ''}${excerpt}${end < text.length ? '…' : ''}`;
}

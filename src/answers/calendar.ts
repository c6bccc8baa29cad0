/** Times of day and dates as people write them. */
import { withoutTextCommands } from './notation.js';

const months = 'january february march april may june july august september october november december'.split(
  ' ',
);

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** A time of day on a clock of 24 hours; null when nothing says which half of the day it is in: `3:30`. */
function timeOf(text: string): string | null {
  const match =
    /^(\d{1,2})(?::|h)(\d{2})(?::(\d{2}))?\s*(a\.?m\.?|p\.?m\.?)?$/i.exec(text) ??
    /^(\d{1,2})()()\s*(a\.?m\.?|p\.?m\.?)$/i.exec(text);
  if (!match) return null;
  const [, hours, minutes, seconds, half] = match;
  const hour = Number(hours);
  if (hour > 24 || Number(minutes || 0) > 59) return null;
  // Without a half of the day it may be a ratio.
  if (half === undefined) return null;
  const of24 = (hour % 12) + (/^p/i.test(half) ? 12 : 0);
  return `time ${twoDigits(of24)}:${minutes || '00'}:${seconds || '00'}`;
}

function monthOf(name: string): number | null {
  const index = months.findIndex((month) => name.length >= 3 && month.startsWith(name.toLowerCase()));
  return index === -1 ? null : index + 1;
}

function dateOf(text: string): string | null {
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text);
  if (iso) return dateText(iso[1]!, Number(iso[2]), Number(iso[3]));
  const plain = text
    .replace(/(\d)(?:st|nd|rd|th)\b/gi, '$1')
    .replace(/\bof\b|[.,]/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const monthFirst = /^([A-Za-z]+) (\d{1,2})(?: (\d{4}))?$/.exec(plain);
  const dayFirst = /^(\d{1,2}) ([A-Za-z]+)(?: (\d{4}))?$/.exec(plain);
  const [name, day, year] = monthFirst
    ? [monthFirst[1]!, monthFirst[2]!, monthFirst[3]]
    : dayFirst
      ? [dayFirst[2]!, dayFirst[1]!, dayFirst[3]]
      : [];
  const month = name === undefined ? null : monthOf(name);
  return month === null || day === undefined ? null : dateText(year ?? '', month, Number(day));
}

function dateText(year: string, month: number, day: number): string | null {
  return month < 1 || month > 12 || day < 1 || day > 31
    ? null
    : `date ${year}-${twoDigits(month)}-${twoDigits(day)}`;
}

/** One text for all ways to write a time or a date; null for anything else. */
export function calendarText(text: string): string | null {
  const bare = withoutTextCommands(text, ' $1 ')
    .replace(/[$\\~]|[.]$/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return bare.length > 40 ? null : (timeOf(bare) ?? dateOf(bare));
}

/** Times of day and dates as people write them. */
import { withoutTextCommands } from './notation.js';

const months = 'january february march april may june july august september october november december'.split(
  ' ',
);

const twoDigits = (value: number): string => String(value).padStart(2, '0');

interface Time {
  /** Since midnight, or since noon too where nothing says which half of the day it is in. */
  seconds: number;
  half: 'am' | 'pm' | null;
}

function timeOf(text: string): Time | null {
  const match =
    /^(\d{1,2})\s*(?::|h)\s*(\d{2})(?::(\d{2}))?\s*(a\.?m\.?|p\.?m\.?)?$/i.exec(text) ??
    /^(\d{1,2})()()\s*(a\.?m\.?|p\.?m\.?)$/i.exec(text);
  if (!match) return null;
  const [, hours, minutes, seconds, half] = match;
  const hour = Number(hours);
  if (hour > 24 || Number(minutes || 0) > 59 || Number(seconds || 0) > 59) return null;
  const after = Number(minutes || 0) * 60 + Number(seconds || 0);
  if (half === undefined) return { seconds: (hour % 24) * 3600 + after, half: null };
  const isAfternoon = /^p/i.test(half);
  return { seconds: ((hour % 12) + (isAfternoon ? 12 : 0)) * 3600 + after, half: isAfternoon ? 'pm' : 'am' };
}

const halfDay = 12 * 3600;

/** 6:45 PM is 18:45, and what 6:45 was meant as. */
function sameTime(a: Time, b: Time): boolean {
  if (a.seconds === b.seconds) return true;
  const [named, bare] = a.half === null ? [b, a] : [a, b];
  return named.half === 'pm' && bare.half === null && bare.seconds + halfDay === named.seconds;
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

const bareText = (text: string): string =>
  withoutTextCommands(text, ' $1 ')
    .replace(/[$\\~]|[.]$/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/** Whether two times of day or two dates are the same; null where the two are not both times, or both dates. */
export function calendarVerdict(gold: string, prediction: string): boolean | null {
  const [a, b] = [bareText(gold), bareText(prediction)];
  if (a.length > 40 || b.length > 40) return null;
  const [timeA, timeB] = [timeOf(a), timeOf(b)];
  if (timeA !== null && timeB !== null) return sameTime(timeA, timeB);
  const [dateA, dateB] = [dateOf(a), dateOf(b)];
  return dateA === null || dateB === null ? null : dateA === dateB;
}

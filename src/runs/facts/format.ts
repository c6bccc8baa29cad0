/** Numbers and times as people read them. Missing values are an en dash, never "NaN". */
import { visibleText } from './visible-text.js';

const missing = '–';

type Value = number | null | undefined;

const isNumber = (value: Value): value is number => Number.isFinite(value);

/** With a real minus sign, and none before a zero. */
const signed = (text: string): string =>
  text
    .replace(/^-(?=[0.]*$)/, '')
    .replace(/^-/, '−')
    .replace('e-', 'e−');

/** A fraction 0 to 1 as a percentage: `0.4321` → `43.2 %`. */
export function formatPercent(fraction: Value): string {
  return isNumber(fraction) ? `${signed((100 * fraction).toFixed(1))} %` : missing;
}

/** A difference of fractions in percentage points with its sign: `0.123` → `+12.3`. */
export function formatPoints(difference: number): string {
  return formatDifference(100 * difference, 1);
}

/** With its sign and so many decimals: `+0.012`. */
export function formatDifference(difference: number, decimals = 3): string {
  const text = difference.toFixed(decimals);
  if (Number(text) === 0) return `±${(0).toFixed(decimals)}`;
  return difference > 0 ? `+${text}` : signed(text);
}

/** With so many decimals, so that figures under one another line up. */
export function formatNumber(value: Value, decimals = 3): string {
  return isNumber(value) ? signed(value.toFixed(decimals)) : missing;
}

/** Short for an axis or a readout: 3 significant digits, exponents only for the very small and the very large. */
export function formatCompact(value: Value): string {
  if (!isNumber(value)) return missing;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return signed(value.toExponential(1));
  return signed(String(Number(value.toPrecision(3))));
}

/** Bytes as `1.5 GiB` or `80 GiB`. */
export function formatBytes(bytes: Value): string {
  if (!isNumber(bytes)) return missing;
  const value = bytes / 2 ** 30;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} GiB`;
}

/** Seconds as `45 s`, `3 min 20 s`, `1 h 05 min` or `2 d 3 h`. */
export function formatDuration(seconds: Value): string {
  if (!isNumber(seconds) || seconds < 0) return missing;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A step's time as the rate that reads best: `1.4 s/step` or `2.5 steps/s`. Empty when unknown. */
export function formatRate(secondsPerStep: Value): string {
  if (!secondsPerStep || !Number.isFinite(secondsPerStep) || secondsPerStep < 0) return '';
  if (secondsPerStep >= 1) return `${secondsPerStep.toFixed(1)} s/step`;
  return `${(1 / secondsPerStep).toFixed(1)} steps/s`;
}

/** How long before `now` (both Unix milliseconds) something happened: `3 minutes ago`. */
export function formatAgo(then: number, now: number): string {
  if (!Number.isFinite(then)) return missing;
  const seconds = Math.max(0, (now - then) / 1000);
  const units: [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  for (const [size, unit] of units) {
    const count = Math.floor(seconds / size);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}

/**
 * Text that came from files, models or people, made inert for Markdown: no character of it can start
 * emphasis, a link, an image, HTML, a table cell or a `$(icon)`; line breaks become spaces.
 */
export function escapeMarkdown(text: string): string {
  return visibleText(text.replace(/\s*[\r\n]+\s*/g, ' ')).replace(
    /[\\`*_{}[\]()#+\-.!|~$<>&"':@/]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

/** Text on one line, cut to a length, with its controls written out: for labels and placeholders. */
export function oneLine(text: string, length = 120): string {
  const flat = visibleText(text.replace(/\s+/g, ' ').trim());
  return flat.length <= length ? flat : `${flat.slice(0, length - 1)}…`;
}

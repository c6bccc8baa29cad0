/** Numbers and times as people read them. Missing values are an en dash, never "NaN". */
import { t } from '@vscode/l10n';
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

const digits = (options: Intl.NumberFormatOptions) =>
  new Intl.NumberFormat('en-US', { useGrouping: false, ...options });
const withDecimals = new Map<number, Intl.NumberFormat>();
const significant = digits({ maximumSignificantDigits: 3 });

/**
 * With so many decimals, rounded as the number is written: 0.995 is 1.00, although `toFixed` says 0.99 since the double
 * nearest to it is a little smaller.
 */
function fixed(value: number, decimals: number): string {
  let format = withDecimals.get(decimals);
  if (!format) {
    format = digits({ minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    withDecimals.set(decimals, format);
  }
  return format.format(value);
}

/** A fraction 0 to 1 as a percentage: `0.4321` → `43.2 %`. */
export function formatPercent(fraction: Value, decimals = 1): string {
  return isNumber(fraction) ? `${signed(fixed(100 * fraction, decimals))} %` : missing;
}

/** A difference of fractions in percentage points with its sign: `0.123` → `+12.3`. */
export function formatPoints(difference: number): string {
  return formatDifference(100 * difference, 1);
}

/** With its sign and so many decimals: `+0.012`. */
export function formatDifference(difference: number, decimals = 3): string {
  const text = fixed(difference, decimals);
  if (Number(text) === 0) return `±${(0).toFixed(decimals)}`;
  return difference > 0 ? `+${text}` : signed(text);
}

/** With so many decimals, so that figures under one another line up. */
export function formatNumber(value: Value, decimals = 3): string {
  return isNumber(value) ? signed(fixed(value, decimals)) : missing;
}

/**
 * Short for an axis or a readout: 3 significant digits, exponents only for the very small and the very large; or with so
 * many decimals.
 */
export function formatCompact(value: Value, decimals?: number): string {
  if (!isNumber(value)) return missing;
  if (decimals !== undefined) return formatNumber(value, decimals);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return signed(value.toExponential(1));
  return signed(significant.format(value));
}

/** Bytes as `1.5 GiB` or `80 GiB`, few ones as `3.1 MiB`; or all in GiB with so many decimals. */
export function formatBytes(bytes: Value, decimals?: number): string {
  if (!isNumber(bytes)) return missing;
  const value = bytes / 2 ** 30;
  if (decimals !== undefined) return `${signed(fixed(value, decimals))} GiB`;
  if (value > 0 && bytes < 2 ** 20 / 10) return `${Math.ceil(bytes / 2 ** 10)} KiB`;
  if (value > 0 && value < 0.1) return `${fixed(bytes / 2 ** 20, 1)} MiB`;
  return `${value < 10 ? fixed(value, 1) : Math.round(value)} GiB`;
}

/** Seconds as `45 s`, `3 min 20 s`, `1 h 05 min` or `2 d 3 h`. */
export function formatDuration(seconds: Value): string {
  if (!isNumber(seconds) || seconds < 0) return missing;
  const whole = Math.round(seconds);
  if (whole < 60) return t('{0} s', whole);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return t('{0} min {1} s', minutes, String(whole % 60).padStart(2, '0'));
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('{0} h {1} min', hours, String(minutes % 60).padStart(2, '0'));
  return t('{0} d {1} h', Math.floor(hours / 24), hours % 24);
}

/** A step's time as the rate that reads best: `1.4 s/step` or `2.5 steps/s`. Empty when unknown. */
export function formatRate(secondsPerStep: Value): string {
  if (!secondsPerStep || !Number.isFinite(secondsPerStep) || secondsPerStep < 0) return '';
  if (secondsPerStep >= 1) return t('{0} s/step', fixed(secondsPerStep, 1));
  return t('{0} steps/s', fixed(1 / secondsPerStep, 1));
}

/** How long before `now` (both Unix milliseconds) something happened: `3 min ago`. */
export function formatAgo(then: number, now: number): string {
  if (!Number.isFinite(then)) return missing;
  const minutes = Math.floor(Math.max(0, now - then) / 60_000);
  if (minutes < 1) return t('just now');
  if (minutes < 60) return t('{0} min ago', minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? t('{0} h ago', hours) : t('{0} d ago', Math.floor(hours / 24));
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

/** Numbers and durations for people; a dash where there is nothing to show. */

const nothing = '–';

const isNumber = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && Number.isFinite(value);

/** With a real minus sign, and none before a zero. */
const signed = (text: string) =>
  text
    .replace(/^-(?=[0.]*$)/, '')
    .replace(/^-/, '−')
    .replace('e-', 'e−');

/** Fixed decimals, so that figures under one another line up. */
export function decimal(value: number | null | undefined, digits = 3): string {
  return isNumber(value) ? signed(value.toFixed(digits)) : nothing;
}

/** 0.4375 → `43.8 %` */
export function percent(fraction: number | null | undefined, digits = 1): string {
  return isNumber(fraction) ? `${signed((100 * fraction).toFixed(digits))} %` : nothing;
}

/** A change of a fraction with its sign, in percentage points. */
export function points(change: number | null | undefined): string {
  if (!isNumber(change)) return '';
  const text = (100 * change).toFixed(1);
  if (text === '0.0' || text === '-0.0') return '±0.0';
  return change > 0 ? `+${text}` : signed(text);
}

/** Short for an axis or a readout: 3 significant digits, exponents only where they help. */
export function compact(value: number | null | undefined): string {
  if (!isNumber(value)) return nothing;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return signed(value.toExponential(1));
  return signed(String(Number(value.toPrecision(3))));
}

/** 75 → `1:15`, 3700 → `1:01:40` */
export function duration(seconds: number | null | undefined): string {
  if (!isNumber(seconds)) return nothing;
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = `${hours > 0 ? two(minutes) : minutes}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** `1.5 GiB`, `80 GiB`. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return '–';
  const value = count / 2 ** 30;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} GiB`;
}

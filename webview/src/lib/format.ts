/** Numbers and durations for people; a dash where there is nothing to show. */

const nothing = '–';

/** Fixed decimals, so that figures under one another line up. */
export function decimal(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined || !Number.isFinite(value) ? nothing : value.toFixed(digits);
}

/** 0.4375 → `43.8 %` */
export function percent(fraction: number | null | undefined, digits = 1): string {
  return fraction === null || fraction === undefined || !Number.isFinite(fraction)
    ? nothing
    : `${(100 * fraction).toFixed(digits)} %`;
}

/** A change with its sign, in percentage points. */
export function points(change: number | null | undefined): string {
  if (change === null || change === undefined || !Number.isFinite(change)) return '';
  const value = (100 * change).toFixed(1);
  return change >= 0 ? `+${value}` : value.replace('-', '−');
}

/** Short for an axis or a readout: 3 significant digits, exponents only where they help. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return nothing;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** 75 → `1:15`, 3700 → `1:01:40` */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return nothing;
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = `${hours > 0 ? two(minutes) : minutes}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

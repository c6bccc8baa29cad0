/** Numbers as people read them in a terminal. */

export function percent(share: number | null | undefined, digits = 1): string {
  return typeof share === 'number' ? `${(share * 100).toFixed(digits)} %` : '–';
}

export function decimal(value: number | null | undefined, digits = 3): string {
  return typeof value === 'number' ? value.toFixed(digits) : '–';
}

/** `45 s`, `3 min 5 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

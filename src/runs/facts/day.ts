/** Days, by which runs are grouped: those of the clock on the wall. Pure. */
import { t } from '@vscode/l10n';

/** `2026-01-31`, where the reader is. @param time Unix time, milliseconds */
export function dayOf(time: number): string {
  const date = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Today, yesterday, or the day itself. @param now Unix time, milliseconds */
export function dayText(day: string, now: number): string {
  if (day === dayOf(now)) return t('Today');
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  return day === dayOf(yesterday.getTime()) ? t('Yesterday') : day;
}

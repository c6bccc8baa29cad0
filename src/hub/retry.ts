/** When to try again. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Seconds. */
export interface RetryPolicy {
  /** Attempts in a row without one new byte before the download is given up. */
  attempts: number;
  /** The same, while not even a connection comes about: then there is probably no network. */
  attemptsToConnect: number;
  /** First wait; it doubles each time. */
  firstWait: number;
  longestWait: number;
  /** When a server asks to wait longer than this, the download is given up. */
  longestAsked: number;
  /** Without a byte for so long a connection is given up, which is a failed attempt. */
  silence: number;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 6,
  attemptsToConnect: 3,
  firstWait: 0.5,
  longestWait: 30,
  longestAsked: 120,
  silence: 30,
};

/** An attempt failed in a way that may pass. */
export class PassingFailure extends Error {
  override readonly name = 'PassingFailure';
  constructor(
    message: string,
    /** Seconds that the server asked to wait; null when it did not say. */
    readonly asked: number | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Too busy, overloaded or in between: worth another attempt. */
export const isPassingStatus = (status: number): boolean =>
  status === 408 || status === 429 || (status >= 500 && status !== 501);

/** Seconds that the headers ask to wait: `Retry-After` (seconds or a date), or `RateLimit: …;t=55`. */
export function askedWait(headers: Readonly<Record<string, string>>, now: number): number | null {
  const after = headers['retry-after']?.trim();
  if (after) {
    if (/^\d+(\.\d+)?$/.test(after)) return Number(after);
    const date = Date.parse(after);
    if (!Number.isNaN(date)) return Math.max(0, (date - now) / 1000);
  }
  const limit = /(?:^|;)\s*t=(\d+)/.exec(headers.ratelimit ?? '');
  return limit === null ? null : Number(limit[1]);
}

/** Seconds before the attempt after `failures` failures: what was asked for, else longer each time and jittered. */
export function waitBefore(failures: number, asked: number | null, policy: RetryPolicy): number {
  if (asked !== null) return asked;
  const wait = Math.min(policy.longestWait, policy.firstWait * 2 ** (failures - 1));
  return wait * (0.75 + 0.5 * Math.random());
}

/** @throws the signal's reason when it is aborted */
export async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Waiting for a condition outside the page (files, processes), where the browser's own waiting cannot help. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Polls until `probe` returns a value other than null, undefined and false, and returns it.
 * Throws after `seconds` with `what` and the last error of the probe, if it threw.
 */
export async function until<T>(
  what: string,
  probe: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  seconds = 60,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== null && value !== undefined && value !== false) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`Waited ${seconds} s in vain for ${what}.`, { cause: lastError });
    }
    await delay(50);
  }
}

/**
 * Whether a process lives that cannot be seen from here: it does as long as what it writes changes. Clocks of machines
 * differ, so only this process's own monotonic clock counts how long nothing has.
 */

/** A heartbeat comes every second, and a network drive may show it a minute late. */
export const longestSilenceMilliseconds = 70_000;
/** Of a heartbeat so far from this machine's time that it is rather old than of a wrong clock. */
const silenceOfOldMilliseconds = 5000;
const wrongClockMilliseconds = 3_600_000;
/** Who has not looked for so long was asleep, and does not know of the time between whether nothing came. */
const asleepMilliseconds = 30_000;

export class SignsOfLife {
  #sign: string | null = null;
  #since = 0;
  #looked = 0;
  #hasChanged = false;
  #isLost = false;

  /**
   * @param sign what changes as long as the process lives
   * @param heartbeat its time by its own clock, as in the status; null when there is none
   * @returns whether it lives, for all that is known: at first it does, until nothing has changed for long
   */
  look(sign: string, heartbeat: string | null): boolean {
    const now = performance.now();
    const isNew = sign !== this.#sign;
    const wasAsleep = !this.#isLost && now - this.#looked > asleepMilliseconds;
    if (isNew || wasAsleep) this.#since = now;
    if (isNew && this.#sign !== null) this.#hasChanged = true;
    this.#sign = sign;
    this.#looked = now;
    this.#isLost = now - this.#since > this.#patience(heartbeat);
    return !this.#isLost;
  }

  /** Whether it was seen to change: then it lives for certain. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  #patience(heartbeat: string | null): number {
    const age = Math.abs(Date.now() - Date.parse(heartbeat ?? ''));
    const isOld = age > wrongClockMilliseconds && !this.#hasChanged;
    return isOld ? silenceOfOldMilliseconds : longestSilenceMilliseconds;
  }
}

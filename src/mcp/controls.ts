/** What an agent may have done to runs, where a person has allowed it: each time only after a confirmation. */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';

/** What would be done, for the person who confirms it, and doing it. */
export interface Plan {
  would: string;
  act(): Promise<Record<string, unknown>>;
}

export interface Control {
  about: string;
  arguments: z.ZodObject;
  /** Looks whether it can be done; nothing is changed. @throws KnownError when it cannot */
  plan(given: unknown): Promise<Plan>;
}

/** Asks the person at the client; null where the client cannot ask. */
export type AskPerson = (question: string) => Promise<boolean> | null;

/** A confirmation that comes later is of something that may have changed. */
const validMilliseconds = 10 * 60_000;

export class Confirmations {
  readonly #open = new Map<string, { key: string; until: number }>();

  /**
   * Does what a person confirms: at their client, or by the token of a first call, which holds once, for a while, and
   * for the same arguments only.
   */
  async carryOut(
    name: string,
    control: Control,
    { confirm: token, ...given }: Readonly<Record<string, unknown>>,
    askPerson: AskPerson,
  ): Promise<Record<string, unknown>> {
    const key = JSON.stringify([name, Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))]);
    const plan = await control.plan(given);
    if (token !== undefined) {
      if (this.#take(token, key)) return { done: await plan.act() };
      return { ...this.#offer(key, plan), note: 'That token is not of this call, was used, or is too old.' };
    }
    const answer = askPerson(plan.would);
    if (answer === null) return this.#offer(key, plan);
    return (await answer)
      ? { done: await plan.act() }
      : { done: null, note: 'It was declined: nothing was done.' };
  }

  #offer(key: string, { would }: Plan) {
    const token = randomUUID();
    this.#open.set(token, { key, until: Date.now() + validMilliseconds });
    return {
      would,
      confirm: token,
      next: 'Nothing was done yet. Ask your user; if they agree, call again with the same arguments and this "confirm".',
    };
  }

  #take(token: unknown, key: string): boolean {
    const known = typeof token === 'string' ? this.#open.get(token) : undefined;
    if (known?.key !== key) return false;
    this.#open.delete(String(token));
    return Date.now() < known.until;
  }
}

/** Where a step prints: to the terminal, or into a separate buffer while another step prints, too. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** @type {AsyncLocalStorage<{ text: string }>} */
const kept = new AsyncLocalStorage();

/** Whether what is printed now is kept for later. */
export const isKept = () => kept.getStore() !== undefined;

/** Prints, or keeps for the step that this belongs to. */
export const print = (text) => printer()(text);

/** What prints for the step that asks for it, by whatever event it is called. @returns {(text: string) => void} */
export function printer() {
  const store = kept.getStore();
  if (!store) return (text) => process.stdout.write(text);
  return (text) => {
    store.text += text;
  };
}

/**
 * Calls `work` and keeps what it and the programs that it starts print.
 * @returns {Promise<string>} all of it; `work` must not throw
 */
export async function keepOutput(work) {
  const store = { text: '' };
  await kept.run(store, work);
  return store.text;
}

/** Work on many items, some of them at a time: of thousands of runs not all files can be open at once. */
import { setImmediate as rest } from 'node:timers/promises';

const atOnce = 16;
/** Work that never waits would keep everything else from happening. */
const restMilliseconds = 10;

/** Resolves when all are done; they are begun in their order. @param work does not fail */
export async function inTurn<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const next = items.values();
  let rested = performance.now();
  const worker = async () => {
    for (const item of next) {
      await work(item);
      if (performance.now() - rested < restMilliseconds) continue;
      await rest();
      rested = performance.now();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

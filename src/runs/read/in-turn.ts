/** Work on many items, some of them at a time: of thousands of runs not all files can be open at once. */
const atOnce = 16;

/** Resolves when all are done; they are begun in their order. A failure rejects it, and nothing more is begun. */
export async function inTurn<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const next = items.values();
  const worker = async () => {
    for (const item of next) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

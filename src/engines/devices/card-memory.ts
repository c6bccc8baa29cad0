/** How much memory a GPU has: WebGPU does not say. */
import { memoryBytes } from '../embedded/plan/index.js';
import { queryGpus } from '../nvidia/index.js';
import { isSameCard } from './same-card.js';
import type { GraphicsCard } from './system-graphics.js';

/**
 * @param name of the adapter, as its driver says it
 * @param software whether it computes on the processor: then it has the memory of the machine
 * @returns bytes; null where the system does not say
 */
export async function cardMemory(
  cards: readonly GraphicsCard[],
  name: string,
  software: boolean,
): Promise<number | null> {
  if (software) return memoryBytes();
  const known = theOne(cards, name)?.memoryBytes;
  if (known !== undefined) return known;
  if (!/nvidia|geforce|quadro|tesla/i.test(name)) return null;
  const { gpus } = await queryGpus();
  return theOne(gpus, name)?.memory ?? null;
}

function theOne<Card extends { name: string }>(cards: readonly Card[], name: string): Card | undefined {
  return cards.find((card) => isSameCard(card.name, name)) ?? (cards.length === 1 ? cards[0] : undefined);
}

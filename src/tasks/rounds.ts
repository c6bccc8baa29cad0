/** Going through a list again and again, each time in a new random order. */
import { CounterRandom, streamOf } from '../random.js';

/** Items as a function of the step alone: step s takes the places s·count to (s+1)·count − 1. */
export type ItemsForStep<Item> = (step: number, count: number) => Item[];

/**
 * Gives out a list round after round. The order of a round depends on the seed, the purpose and the round alone,
 * so that a resumed run needs no cursor.
 */
export function inRounds<Item>(items: readonly Item[], seed: number, purpose: string): ItemsForStep<Item> {
  if (items.length === 0) throw new RangeError('there is nothing to go through');
  let current: { round: number; order: Item[] } | null = null;
  const orderOf = (round: number): Item[] => {
    if (current?.round !== round) {
      const order = new CounterRandom(seed, streamOf(purpose, round)).shuffle([...items]);
      current = { round, order };
    }
    return current.order;
  };
  return (step, count) =>
    Array.from({ length: count }, (_, i) => {
      const place = step * count + i;
      return orderOf(Math.floor(place / items.length))[place % items.length]!;
    });
}

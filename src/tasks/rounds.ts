/** Going through a list again and again, each time in a new random order. */
import { CounterRandom, streamOf } from '../random.js';

/** Items as a function of the step alone: step s, from 1, takes the places (s − 1)·count to s·count − 1. */
export type ItemsForStep<Item> = (step: number, count: number) => Item[];

/**
 * Gives out a list round after round. The order of a round depends on the seed, the purpose and the round alone,
 * so that a resumed run needs no cursor.
 *
 * @param firstStep the step that takes the first places; 0 in runs of schema 1, which so leave out a batch
 */
export function inRounds<Item>(
  items: readonly Item[],
  seed: number,
  purpose: string,
  firstStep: 0 | 1 = 1,
): ItemsForStep<Item> {
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
      const place = (step - firstStep) * count + i;
      return orderOf(Math.floor(place / items.length))[place % items.length]!;
    });
}

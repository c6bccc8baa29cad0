/** Places of variants, which their colours and dashes go by: those of their study where they have one. Pure. */
import type { GroupableRun, Variant } from './grouping.js';

/**
 * One for each variant, each once: of two that want the same the first has it, and the others take what is free.
 * @param armPlaces by the folder of a run the place of its arm in its study
 */
export function placesOf(
  variants: readonly Variant<GroupableRun>[],
  armPlaces: ReadonlyMap<string, number>,
): number[] {
  const taken = new Set<number>();
  const wished = variants.map(({ runs }) => {
    const place = runs.map(({ directory }) => armPlaces.get(directory)).find((one) => one !== undefined);
    if (place === undefined || taken.has(place)) return null;
    taken.add(place);
    return place;
  });
  let next = 0;
  return wished.map((place) => {
    if (place !== null) return place;
    while (taken.has(next)) next++;
    taken.add(next);
    return next;
  });
}

/** Places of arms in their studies, which colours and dashes go by. */
import type { StudyFolder } from './read.js';

/** By the folder of a run the place of its arm in its study; of a run that several studies have, in the first of them. */
export function armPlaces(studies: readonly Pick<StudyFolder, 'runs'>[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const { runs } of studies) {
    // They are in the order of the arms.
    const names = [...new Set(runs.map(({ arm }) => arm.name))];
    for (const { directory, arm } of runs)
      if (directory !== null && !places.has(directory)) places.set(directory, names.indexOf(arm.name));
  }
  return places;
}

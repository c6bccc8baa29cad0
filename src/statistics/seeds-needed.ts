/** How many seeds would show a difference. */

/** Of the normal distribution: two-sided at 5 %, and the chance of seeing what is there at 80 %. */
const certain = 1.959963984540054;
const likely = 0.8416212335729143;

/**
 * Seeds of each variant that show a true difference of this size four times of five at p < 0.05, by the normal
 * approximation. Null where the difference is zero or the spread is not known.
 * @param deviation of the seeds' paired differences; of unpaired seeds √(sd₁² + sd₂²)
 */
export function seedsToShow(difference: number, deviation: number | null): number | null {
  if (deviation === null || difference === 0) return null;
  return Math.max(2, Math.ceil(((certain + likely) * deviation) ** 2 / difference ** 2));
}

/** Where a field is in an experiment. */

/** Property names and array indices from the root to a value. */
export type FieldPath = readonly (string | number)[];

/** `optimization.learningRate`, `evaluation.benchmarks[0].name`. */
export function formatPath(path: FieldPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${part}`))
    .join('');
}

/** Where a field is in an experiment. */

/** Property names and array indices from the root to a value. */
export type FieldPath = readonly (string | number)[];

/** `optimization.learningRate`, `evaluation.benchmarks[0].name`. Of a name nothing acts on the line that it stands in. */
export function formatPath(path: FieldPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${written(part)}`))
    .join('');
}

/** Control characters and marks that turn the direction of text, written out as in JSON. */
export function written(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (mark) => `\\u${mark.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  );
}

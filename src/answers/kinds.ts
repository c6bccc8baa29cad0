/** How a response is read: for mathematics, for the letter of a choice, or as words. */
export type ExtractionKind = 'math' | 'choice' | 'text';

/** How an answer was found. */
export type ReadingRule =
  | 'box'
  /** Several boxes that are one answer. */
  | 'boxes'
  /** `<answer>…</answer>`. */
  | 'tag'
  /** What follows "the answer is", "Answer:" or "####". */
  | 'announcement'
  | 'bold'
  /** The last formula or number of the response. */
  | 'last'
  /** The response is nothing but its answer. */
  | 'whole'
  /** The letter of a choice that is called right, or stands alone. */
  | 'choice';

/** An answer and where it stands: `start` and `end` count UTF-16 units of the response. */
export interface Reading {
  text: string;
  start: number;
  end: number;
  rule: ReadingRule;
}

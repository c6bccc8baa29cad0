/** How a response is read: for mathematics, for the letter of a choice, or as words. */
export type ExtractionKind = 'math' | 'choice' | 'text';

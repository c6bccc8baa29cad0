/** Answers: found in responses, and compared by what they mean. A library of its own that knows nothing of training. */
export { closingBrace } from './braces.js';
export { accepts } from './equivalence.js';
export { extractAnswer } from './extract.js';
export type { ExtractionKind } from './kinds.js';
export { groupEquivalent, verifyAnswer } from './verify.js';

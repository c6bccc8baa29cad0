/** Answers: found in responses, and compared by what they mean. An independent library, unaware of training. */
export { closingBrace } from './braces.js';
export { accepts } from './equivalence.js';
export { type Asked, extractAnswer } from './extract.js';
export type { ExtractionKind } from './kinds.js';
export { groupEquivalent, judge, verifyAnswer } from './verify.js';

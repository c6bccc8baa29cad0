/** Answers: found in responses, and compared by what they mean. */
export { accepts, equivalence, type VerdictReason } from './equivalence.js';
export { extractAnswer } from './extract.js';
export type { ExtractionKind } from './kinds.js';
export { SIGNIFICANT_DIGITS } from './numbers.js';
export { type AnswerVerdict, goldAnswer, groupEquivalent, verifyAnswer } from './verify.js';

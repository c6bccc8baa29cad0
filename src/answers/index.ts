/** Answers: found in responses, and compared by what they mean. An independent library, unaware of training. */
export { closingBrace } from './braces.js';
export { accepts } from './equivalence.js';
export { type Asked, extractAnswer } from './extract.js';
export { JUDGE, type JudgeIdentity } from './identity.js';
export type { ExtractionKind, Reading } from './kinds.js';
export { openedThoughts } from './thoughts.js';
export { groupEquivalent, type Judgement, judge, judgeInFull, verifyAnswer } from './verify.js';

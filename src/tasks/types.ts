/** What every task speaks of: prompts, verdicts and where prompts come from. */

/** One Countdown problem. */
export interface Prompt {
  /** Names the problem, not its wording: the same for every order of the numbers. */
  id: string;
  /** What the policy reads: `3,7,12=27:`. */
  text: string;
  numbers: number[];
  target: number;
}

/** What the verifier says of a response. */
export interface Verdict {
  correct: boolean;
  reward: 1 | -1;
  /** Canonical form of the expression, correct or not; '' when there is none or it divides by zero. */
  answer: string;
  /** Why, as a short phrase for people. */
  reason: string;
}

/** The part of an experiment's task settings that decides which problems are drawn. */
export interface CountdownSettings {
  /** How many numbers a prompt may give; each count is equally likely. */
  numberCounts: readonly number[];
  maxNumber: number;
  maxTarget: number;
}

export type Split = 'train' | 'validation' | 'test';

/** Prompts as a function of the step alone, so that a resumed run needs no cursor. */
export interface PromptSource {
  /** The step's prompts; a longer list begins with the shorter one. */
  promptsForStep(step: number, count: number): Prompt[];
}

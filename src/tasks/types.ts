/** The types of every task: prompts, verdicts and sources of prompts. */

/** One Countdown problem. */
export interface Prompt {
  /** Names the problem, not its wording: the same for every order of the numbers. */
  id: string;
  /** What the policy reads: `3,7,12=27:`. */
  text: string;
  numbers: number[];
  target: number;
  /** Its file and line, for messages. */
  where?: string;
}

/** What the verifier says of a response. */
export interface Verdict {
  correct: boolean;
  reward: 1 | -1;
  /** The answer, the same text for the same answer; '' when there is none. */
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

/** A prompt of any task. */
export interface TaskPrompt {
  id: string;
  /** What the policy reads. */
  text: string;
  /** Its file and row or line, for messages. */
  where?: string | undefined;
}

/** Prompts as a function of the step alone, so that a resumed run needs no cursor. */
export interface PromptSource {
  /** As that of a `TrainingTask`. */
  readonly foreseen: readonly TaskPrompt[];
  /** The step's prompts; a longer list begins with the shorter one. */
  promptsForStep(step: number, count: number): Prompt[];
}

/** What a policy is trained on: prompts, and the verdict on the responses to one. */
export interface TrainingTask {
  /**
   * What can be known of the prompts before the first step: those of a list, or ones that have every character and the
   * greatest length of those that are drawn.
   */
  readonly foreseen: readonly TaskPrompt[];
  /** The step's prompts. The same ones every time they are asked for. */
  promptsForStep(step: number, count: number): readonly TaskPrompt[];
  /** What rewards of one's own get to know of a prompt that this task gave, by name. */
  row(prompt: TaskPrompt): Readonly<Record<string, unknown>>;
  /** Verdicts of the responses to a prompt that this task gave. */
  verify(prompt: TaskPrompt, responses: readonly string[]): Promise<Verdict[]>;
  dispose(): Promise<void>;
}

/** How a response is judged: as a mathematical expression, or as the letter of a choice. */
export type AnswerKind = 'math' | 'choice';

/** One problem of a data set. */
export interface BenchmarkProblem {
  /** Unique in its benchmark. */
  id: string;
  /** The statement, without the choices. */
  problem: string;
  /** Gold answer as published; of a multiple-choice problem the letter of the right choice as shown. */
  answer: string;
  /** In the order shown: the first is A. */
  choices?: readonly string[];
  solution?: string;
  category?: string;
}

/** The part of a verdict that scores count. */
export interface ScoredResponse {
  correct: boolean;
  /** Names the class of equivalent answers that this one is in; '' when the response has no answer. */
  answer: string;
}

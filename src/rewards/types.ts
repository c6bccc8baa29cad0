/** What rewards are given for, and what they give. */

/** A response as programs and functions see it. */
export interface RewardInput {
  /** What the policy has read. */
  prompt: string;
  /** Text of the response. */
  completion: string;
  /** Its length, end-of-sequence counted. */
  tokens: number;
  /** False when the length limit cut it off. */
  finished: boolean;
  /** What the task knows of the prompt, by name: `numbers` and `target`, or `gold` and `choices`. */
  row: Readonly<Record<string, unknown>>;
}

/** Values of one reward, one for each response of a step. */
export interface RewardValues {
  /** Finite numbers; null leaves the response out of this reward. */
  values: (number | null)[];
  /** What the program said of a response, for people. */
  notes: (string | null)[];
}

/** A function or program of the user. */
export interface RewardSource {
  /** @throws RewardError */
  score(responses: readonly RewardInput[]): Promise<RewardValues>;
  close(): Promise<void>;
}

/** Characters of a note that are kept. */
const longestNote = 2000;

export const keptNote = (note: string): string =>
  note.length > longestNote ? `${note.slice(0, longestNote)}…` : note;

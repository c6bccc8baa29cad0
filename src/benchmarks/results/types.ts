/** A problem with responses that another program sampled. */
export interface ImportedProblem {
  id: string;
  /** What was asked; null when the file does not say. */
  statement: string | null;
  /** What the policy read, where the file says: its end may begin the thoughts of the response. */
  prompt?: string | null;
  /** null when the file does not say: the benchmark that is named must. */
  gold: string | null;
  responses: string[];
}

/** What is wrong with an environment, for people. */
export interface EnvironmentProblem {
  /** `error`: nothing can be trained. `warning`: only slowly, on the processor. */
  severity: 'error' | 'warning';
  message: string;
  /** What to do, as a sentence. */
  hint: string;
  /** Whether installing would fix it. */
  installs: boolean;
}

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
  skips: string[];
}

export interface Step {
  name: string;
  work(): Promise<Tally | undefined>;
  needs?: readonly string[];
  after?: readonly string[];
}

export interface Ended {
  name: string;
  tally: Tally;
  usable: boolean;
  seconds: number;
}

export function runSteps(steps: readonly Step[], width: number): Promise<Ended[]>;
export function stepTable(steps: readonly Ended[]): string;

/** What an audit of a run is made from and what it says. Pure. */
import type { BenchmarkRecord } from '../runs/protocol/index.js';
import type { SeriesColumns } from '../series/index.js';
import type { GroupFacts } from './group-facts.js';
import type { PromptFacts } from './prompts.js';

/** What the rules look at. */
export interface Evidence {
  columns: Pick<SeriesColumns, 'column' | 'names'>;
  groups: readonly GroupFacts[];
  prompts: readonly PromptFacts[];
  /** By step. */
  benchmarks: readonly BenchmarkRecord[];
  /** Last finished step. */
  step: number;
  /** Steps of complete checkpoints, ascending. */
  checkpoints: readonly number[];
  /** Steps between checkpoints as the experiment asks for; null when it asks for none. */
  checkpointEvery: number | null;
}

/** Pages of the dashboard where a finding is seen. */
export type FindingTab =
  | 'training'
  | 'geometry'
  | 'rewards'
  | 'benchmarks'
  | 'rollouts'
  | 'prompts'
  | 'configuration';

/** A prompt that causes a finding. */
export interface FindingPrompt {
  id: string;
  prompt: string;
  visits: number;
  /** Null where a log does not tell. */
  silent: number | null;
  passRate: number;
}

/** What a rule has found. */
export interface Sighting {
  value: number;
  /** A sentence with the figures. */
  figure: string;
  /** First and last step that it is about. */
  from: number;
  to: number;
  prompts?: FindingPrompt[];
}

export interface RuleTexts {
  what: string;
  /** When it is reported. */
  threshold: string;
  /** What people usually do about it. */
  usually: string;
}

export interface Rule {
  id: string;
  /** Compared with by `find`; `texts` names it. */
  threshold: number;
  /** Where one sees it. */
  tab: FindingTab;
  metrics: readonly string[];
  /** In the language of the reader. */
  texts(): RuleTexts;
  /** Null when there is nothing to report, undefined when the run has not what it takes to tell. */
  find(evidence: Evidence, threshold: number): Sighting | null | undefined;
}

export interface Finding extends RuleTexts {
  id: string;
  figure: string;
  value: number;
  from: number;
  to: number;
  tab: FindingTab;
  metrics: readonly string[];
  prompts: readonly FindingPrompt[];
}

/** A rule without a finding. */
export interface CheckedRule {
  id: string;
  what: string;
  threshold: string;
}

export interface Audit {
  findings: Finding[];
  /** Rules that have found nothing. */
  clear: CheckedRule[];
  /** Rules that could not be applied: the run is too short, or has no such figures. */
  unchecked: CheckedRule[];
}

/** What a run's own figures say about it: its prompts over all steps, and findings by one table of rules. Pure. */
export { audit } from './audit.js';
export type { Audit, CheckedRule, Finding, FindingTab } from './finding.js';
export { factsOf, type GroupFacts } from './group-facts.js';
export {
  countsOf,
  halves,
  isOfKind,
  type PromptFacts,
  type PromptVisit,
  promptsOf,
} from './prompts.js';

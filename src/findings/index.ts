/** What a run's own figures say about it: its prompts over all steps, and findings by one table of rules. Pure. */
export { factsOf, type GroupFacts } from './group-facts.js';
export {
  halves,
  isOfKind,
  leastVisits,
  type PromptFacts,
  type PromptKind,
  type PromptVisit,
  promptKinds,
  promptsOf,
} from './prompts.js';

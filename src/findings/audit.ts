/** Applies the rules to a run. Pure. */
import type { Audit, CheckedRule, Evidence, Finding, Rule } from './finding.js';
import { RULES } from './rules.js';

export function audit(evidence: Evidence, rules: readonly Rule[] = RULES): Audit {
  const found: Audit = { findings: [], clear: [], unchecked: [] };
  for (const rule of rules) {
    const texts = rule.texts();
    const sighting = rule.find(evidence, rule.threshold);
    const checked: CheckedRule = { id: rule.id, what: texts.what, threshold: texts.threshold };
    if (sighting === undefined) found.unchecked.push(checked);
    else if (sighting === null) found.clear.push(checked);
    else found.findings.push({ ...texts, ...placed(rule), prompts: [], ...sighting });
  }
  return found;
}

const placed = ({ id, tab, metrics }: Rule): Pick<Finding, 'id' | 'tab' | 'metrics'> => ({
  id,
  tab,
  metrics,
});

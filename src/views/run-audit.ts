/** What a page is told of a whole run: findings, and prompts over all steps. Read once for each step that it has come to. */
import type { AuditOfStep, PromptList } from '../contract/index.js';
import { countsOf, isOfKind, type PromptFacts } from '../findings/index.js';
import { auditOf, usualPatience } from '../query/index.js';
import { type PromptKind, searchPattern } from '../runs/facts/index.js';
import type { WatchedRun } from './run-feed.js';

type Audited = Awaited<ReturnType<typeof auditOf>>;

/** By run, of the newest step that it had. */
const kept = new WeakMap<WatchedRun, { step: number | null; audit: Promise<Audited> }>();

const stepOf = (run: WatchedRun) => run.newest?.step ?? null;

function audited(run: WatchedRun): { step: number | null; audit: Promise<Audited> } {
  const step = stepOf(run);
  const known = kept.get(run);
  if (known && known.step === step) return known;
  const read = { step, audit: auditOf({ patience: usualPatience }, run) };
  kept.set(run, read);
  // What could not be read is tried again.
  read.audit.catch(() => kept.delete(run));
  return read;
}

export async function findingsOf(run: WatchedRun): Promise<AuditOfStep> {
  const { step, audit } = audited(run);
  const { findings, clear, unchecked, groups } = await audit;
  return { step, findings, clear, unchecked, unread: groups.unread };
}

/** So many are listed; who looks for others names a text. */
const listed = 300;

export async function promptsOfKind(run: WatchedRun, kind: PromptKind, text: string): Promise<PromptList> {
  const { step, audit } = audited(run);
  const { prompts, groups } = await audit;
  const pattern = searchPattern(text);
  const fits = ({ id, prompt }: PromptFacts) => !pattern || pattern.test(prompt) || pattern.test(id);
  const found = prompts.filter((prompt) => isOfKind(prompt, kind) && fits(prompt));
  found.sort(
    (a, b) =>
      (b.silent ?? 0) - (a.silent ?? 0) || b.visits.length - a.visits.length || a.passRate - b.passRate,
  );
  return {
    step,
    counts: countsOf(prompts),
    prompts: found.slice(0, listed),
    more: Math.max(0, found.length - listed),
    unread: groups.unread,
  };
}

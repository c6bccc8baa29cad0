/**
 * What a page may ask its host. A new question is an entry of this table (its arguments and the type of its answer)
 * and the host's answer, which the type checker then misses; a page asks it with `ask(name, arguments)`.
 */
import type { JudgeIdentity } from '../answers/index.js';
import type { Audit, PromptFacts } from '../findings/index.js';
import {
  type FoundProblems,
  type FoundResponses,
  longestSearch,
  type OtherRun,
  type ProblemOverview,
  type PromptKind,
  promptKinds,
  type StepRollouts,
} from '../runs/facts/index.js';
import type { EvaluatedProblem, GroupRecord } from '../runs/protocol/index.js';
import type { Slices } from '../series/index.js';

/** An argument as it is checked at run time: types no longer exist in what a page sent. */
export interface Argument<Value> {
  is(value: unknown): value is Value;
  /** What it must be, for the log: `a whole number`. */
  needs: string;
}

type Arguments = Readonly<Record<string, Argument<unknown>>>;

export interface Question<A extends Arguments, Answer> {
  arguments: A;
  /** Never set: it carries the type of the answer. */
  answer?: Answer;
}

export type QuestionTable = Readonly<Record<string, Question<Arguments, unknown>>>;

/** Values of the arguments of a question. */
export type ArgumentsOf<Q> =
  Q extends Question<infer A, unknown>
    ? { [Name in keyof A]: A[Name] extends Argument<infer Value> ? Value : never }
    : never;

export type AnswerOf<Q> = Q extends Question<Arguments, infer Answer> ? Answer : never;

/** @example asks({ step: count }).answeredBy<GroupRecord[]>() */
export function asks<A extends Arguments>(table: A) {
  return { answeredBy: <Answer>(): Question<A, Answer> => ({ arguments: table }) };
}

export const count: Argument<number> = {
  needs: 'a whole number',
  is: (value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0,
};
const name: Argument<string> = {
  needs: 'a name',
  is: (value): value is string => typeof value === 'string' && value.length > 0 && value.length <= 200,
};
const text: Argument<string> = {
  needs: 'a text',
  is: (value): value is string => typeof value === 'string',
};
/** What is searched for. */
const search: Argument<string> = {
  needs: `a text of 1 to ${longestSearch} characters`,
  is: (value): value is string =>
    typeof value === 'string' && value.trim() !== '' && value.length <= longestSearch,
};

const names: Argument<readonly string[]> = {
  needs: 'a list of names',
  is: (value): value is readonly string[] =>
    Array.isArray(value) && value.length <= 100 && value.every((item) => name.is(item)),
};
const bound: Argument<number | null> = {
  needs: 'a number or null',
  is: (value): value is number | null => value === null || Number.isFinite(value),
};
const pixels: Argument<number> = {
  needs: 'a number of pixels',
  is: (value): value is number => count.is(value) && value > 0 && value <= 20_000,
};
const smoothing: Argument<number> = {
  needs: 'a number from 0 to below 1',
  is: (value): value is number => typeof value === 'number' && value >= 0 && value < 1,
};

export const oneOf = <const Values extends readonly string[]>(values: Values): Argument<Values[number]> => ({
  needs: `one of ${values.join(', ')}`,
  is: (value): value is Values[number] => values.some((known) => known === value),
});
/** A table as it is shown: at most so many cells as a page can hold. */
export interface SavedTable {
  columns: readonly string[];
  rows: readonly (readonly (string | number | null)[])[];
}
const isCell = (value: unknown) => value === null || typeof value === 'string' || typeof value === 'number';
export const table: Argument<SavedTable> = {
  needs: 'a table',
  is: (value): value is SavedTable => {
    if (typeof value !== 'object' || value === null || !('columns' in value) || !('rows' in value))
      return false;
    const { columns, rows } = value;
    return (
      Array.isArray(columns) &&
      columns.every((column) => typeof column === 'string') &&
      Array.isArray(rows) &&
      rows.every((row) => Array.isArray(row) && row.length === columns.length && row.every(isCell))
    );
  },
};
export const file: Argument<string> = {
  needs: 'the bytes of a file as base64',
  is: (value): value is string => typeof value === 'string' && value.length < 2 ** 27,
};

/** Of the pairs of an evaluation that are kept with its problems. */
export interface KeptGeometry {
  /** Counts of pairs in equally wide bins of S from −1 to 1. */
  histogram: readonly number[];
  /** Mean log det(I + S) over the problems; null where not all pairs of a problem are kept. */
  logdet: number | null;
}

/** What was found in a run, as far as it had come. */
export interface AuditOfStep extends Audit {
  /** Its newest step then; null before the first. */
  step: number | null;
  /** What was not read of very large files; null when all was. */
  unread: string | null;
}

/** Prompts of one kind: those that a page can list, and how many there are of each kind. */
export interface PromptList {
  step: number | null;
  /** Null where a log does not tell. */
  counts: Readonly<Record<PromptKind, number | null>>;
  prompts: readonly PromptFacts[];
  /** Prompts of the kind that are not listed. */
  more: number;
  unread: string | null;
}

export const QUESTIONS = {
  /** Metrics between two steps, as many points as can be drawn; of those in `averaged` the moving averages, too. */
  slices: asks({
    metrics: names,
    averaged: names,
    from: bound,
    to: bound,
    width: pixels,
    smoothing,
  }).answeredBy<Slices>(),
  /** The groups of a step. Empty when it has none. */
  groups: asks({ step: count }).answeredBy<GroupRecord[]>(),
  /** The texts of a step's kept groups, the first ones if they are long. Empty when none were kept. */
  rollouts: asks({ step: count }).answeredBy<StepRollouts>(),
  /**
   * Responses and prompts that hold a text, of the step `from` and those before it, as many as are found in a moment.
   * A search goes on as long as the page asks for the next part.
   */
  findResponses: asks({ text: search, from: count }).answeredBy<FoundResponses>(),
  /** The problems of an evaluation, by their counts. */
  evaluation: asks({ step: count, benchmark: name }).answeredBy<ProblemOverview[]>(),
  /** The distribution of S of an evaluation that was recorded without it; null when no pairs were kept. */
  keptGeometry: asks({ step: count, benchmark: name }).answeredBy<KeptGeometry | null>(),
  /** A problem of an evaluation with its responses; null when there is none of that id. */
  problem: asks({ step: count, benchmark: name, id: text }).answeredBy<EvaluatedProblem | null>(),
  /** Problems that hold a text, in what is asked, in their answer or in a response; `from` so many problems on. */
  findProblems: asks({ step: count, benchmark: name, text: search, from: count }).answeredBy<FoundProblems>(),
  /** What stands out in the run, by the rules of the audit. */
  findings: asks({}).answeredBy<AuditOfStep>(),
  /** Prompts over the whole run, those that taught least first; with a text those that hold it. */
  prompts: asks({ kind: oneOf(promptKinds), text }).answeredBy<PromptList>(),
  /** The judge of this version. */
  judge: asks({}).answeredBy<JudgeIdentity>(),
  /** The other runs of the workspace that have scores. */
  otherRuns: asks({}).answeredBy<OtherRun[]>(),
  /** An experiment that says nothing: every default. */
  defaults: asks({}).answeredBy<Record<string, unknown>>(),
  /** Each asks for a place and answers whether something was written there. */
  savePicture: asks({ name, format: oneOf(['png', 'svg']), data: file }).answeredBy<boolean>(),
  saveTable: asks({ name, table }).answeredBy<boolean>(),
  /** All steps of some metrics, unthinned. */
  saveSeries: asks({ name, metrics: names }).answeredBy<boolean>(),
};

export type Questions = typeof QUESTIONS;

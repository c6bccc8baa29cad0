/**
 * The line that runs are filtered by: words and phrases, fields such as `method:grpo`, comparisons such as
 * `pass@1>0.5`, all of which must fit. Pure.
 */
import type { RunRow } from './run-row.js';
import { stateText } from './state.js';

/** What a run is found by besides its words. */
const fields: Readonly<Record<string, (row: RunRow) => readonly string[]>> = {
  name: ({ name }) => [name],
  method: ({ method }) => [method],
  state: ({ state }) => [state, stateText(state)],
  tag: ({ tags }) => tags,
  seed: ({ seed }) => [String(seed)],
  experiment: ({ experiment }) => [experiment],
  study: ({ study }) => (study === null ? [] : [study]),
  variant: ({ variant }) => (variant === null ? [] : [variant]),
  policy: ({ policy }) => [policy],
  engine: ({ engine }) => [engine],
  is: ({ pinned, archived }) => [...(pinned ? ['pinned'] : []), ...(archived ? ['archived'] : [])],
};

/** Of these a part is not enough: seed 1 is not seed 12. */
const whole: ReadonlySet<string> = new Set(['seed', 'is']);

/** What can be compared with a number, besides scores and settings. */
const numbers: Readonly<Record<string, (row: RunRow) => number | null>> = {
  seed: ({ seed }) => seed,
  step: ({ step }) => step,
  duration: ({ duration }) => duration,
  created: ({ created }) => created,
};

/** Gives a setting of a run by its dotted path: undefined when it has none. */
type SettingOf = (path: string) => unknown;

const noSettings: SettingOf = () => undefined;

const normal = (text: string) => text.toLocaleLowerCase();

/** Words, and phrases in double quotes. */
function termsOf(filter: string): string[] {
  return (filter.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []).map((term) => term.replaceAll('"', ''));
}

const comparison = /^([^<>=!]+)(<=|>=|!=|<|>|=)(.*)$/;

/** A test of rows, made once for each text of the filter. */
type RunFilter = (row: RunRow, setting?: SettingOf) => boolean;

/**
 * Archived runs are hidden unless the filter asks for them with `is:archived`, and then they alone are shown.
 * @param archived shows them with the others
 */
export function runFilter(filter: string, archived = false): RunFilter {
  const terms = termsOf(filter);
  const wantsArchived = terms.some((term) => normal(term) === 'is:archived');
  const tests = terms.map(termTest);
  return (row, setting = noSettings) =>
    (archived && !wantsArchived ? true : row.archived === wantsArchived) &&
    tests.every((test) => test(row, setting));
}

function termTest(term: string): (row: RunRow, setting: SettingOf) => boolean {
  const compared = comparison.exec(term);
  const [, name = '', sign = '', wanted = ''] = compared ?? [];
  const wanting = compared && comparedTo(sign, wanted);
  const byWord = wordTest(normal(term));
  if (!wanting) return byWord;
  return (row, setting) => {
    const value = comparedValue(row, name, setting);
    if (value === undefined) return byWord(row);
    // While it is still being typed, `step>` leaves nothing out.
    return wanted === '' || (value !== absent && wanting(value));
  };
}

function wordTest(term: string): (row: RunRow) => boolean {
  const colon = term.indexOf(':');
  const name = colon > 0 ? term.slice(0, colon) : '';
  const values = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!values) return (row) => texts(row).some((text) => normal(text).includes(term));
  const wanted = term.slice(colon + 1);
  // While it is still being typed, `state:` leaves nothing out.
  if (wanted === '') return () => true;
  const fits = whole.has(name)
    ? (value: string) => value === wanted
    : (value: string) => value.includes(wanted);
  return (row) => values(row).map(normal).some(fits);
}

function texts(row: RunRow): string[] {
  const named = Object.entries(fields).flatMap(([name, values]) => (name === 'is' ? [] : values(row)));
  return [...named, row.id, `seed ${row.seed}`, row.notes];
}

/** A score that is named without its benchmark. */
const scoreName = /^(?:pass|maj)@\d+$/;

/** A run lacks it, which is not null. */
const absent = Symbol('absent');

/** What the name stands for in the run; undefined when it stands for nothing. */
function comparedValue(row: RunRow, name: string, setting: SettingOf): unknown {
  const key = normal(name);
  if (Object.hasOwn(numbers, key)) return numbers[key]?.(row) ?? absent;
  if (scoreName.test(key)) return row.scores[`${row.benchmark} ${key}`]?.last ?? absent;
  const score = row.scores[name.includes('@') ? name.replace(/:([^:]*)$/, ' $1') : `${name} pass@1`];
  if (score) return score.last;
  const value = setting(name);
  return value === undefined && name.includes('.') ? absent : value;
}

/** Numbers are compared as numbers (`50%`, `2h` and days such as 2026-01-31 included), anything else as text. */
function comparedTo(sign: string, wanted: string): (value: unknown) => boolean {
  const number = numberOf(wanted);
  const test = (value: number | string, other: number | string): boolean => {
    if (sign === '<') return value < other;
    if (sign === '<=') return value <= other;
    if (sign === '>') return value > other;
    if (sign === '>=') return value >= other;
    return (value === other) === (sign === '=');
  };
  return (value) => {
    if (typeof value === 'number') return number !== null && test(value, number);
    return test(normal(typeof value === 'string' ? value : JSON.stringify(value)), normal(wanted));
  };
}

const units: Readonly<Record<string, number>> = { '': 1, '%': 0.01, s: 1, min: 60, h: 3600, d: 86_400 };

function numberOf(text: string): number | null {
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const time = Date.parse(text);
    return Number.isNaN(time) ? null : time;
  }
  const [, digits = '', unit = ''] = /^([-+\d.e]+)(%|s|min|h|d)?$/i.exec(text) ?? [];
  const value = Number(digits);
  return digits === '' || Number.isNaN(value) ? null : value * (units[unit.toLowerCase()] ?? 1);
}

/** What stands before the last term of a filter, and that term, which is being typed: a phrase in quotes is one. */
export function lastTerm(filter: string): { before: string; term: string } {
  const [, before = '', term = ''] = /^(.*?)((?:[^\s"]|"[^"]*"?)*)$/s.exec(filter) ?? ['', '', filter];
  return { before, term };
}

/** Suggestions that the last term of a filter may become. */
export function fittingSuggestions(
  filter: string,
  suggestions: readonly FilterSuggestion[],
): FilterSuggestion[] {
  const word = normal(lastTerm(filter).term);
  return suggestions.filter(({ term }) => normal(term).includes(word) && normal(term) !== word);
}

export interface FilterSuggestion {
  term: string;
  /** Runs that it would show; null for the beginning of a comparison. */
  count: number | null;
}

const suggestedFields = ['state', 'method', 'tag', 'experiment', 'study', 'variant', 'is'] as const;

/** `method:grpo` with the number of runs it would show, then what can be compared, as `pass@1>`. */
export function filterSuggestions(rows: readonly RunRow[]): FilterSuggestion[] {
  const counts = new Map<string, number>();
  for (const name of suggestedFields) {
    for (const term of rows.flatMap((row) => suggestedTerms(row, name))) {
      counts.set(term, (counts.get(term) ?? 0) + 1);
    }
  }
  return [
    ...[...counts].map(([term, count]) => ({ term, count })),
    ...comparable(rows).map((name) => ({ term: `${name}>`, count: null })),
  ];
}

function suggestedTerms(row: RunRow, name: (typeof suggestedFields)[number]): string[] {
  // Of an archived run this is the only term that shows it.
  if (row.archived) return name === 'is' ? ['is:archived'] : [];
  const values = fields[name]?.(row) ?? [];
  // The second one of a state is its word in the language of the editor.
  const distinct = [...new Set(name === 'state' ? values.slice(0, 1) : values)];
  return distinct.map((value) => `${name}:${/\s/.test(value) ? `"${value}"` : value}`);
}

/** Scores without and with their benchmark, and the other numbers of a run. */
function comparable(rows: readonly RunRow[]): string[] {
  const scores = [...new Set(rows.flatMap((row) => Object.keys(row.scores)))];
  const short = scores.map((name) => name.split(' ').at(-1) ?? '').filter((name) => scoreName.test(name));
  const long = scores.map((name) => name.replace(/ (\S+)$/, ':$1')).filter((name) => !/\s/.test(name));
  return [...new Set([...short, ...Object.keys(numbers), ...long])];
}

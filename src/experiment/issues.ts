/** What zod found, said in plain sentences with the field, the rule, the value that was given and the nearest name. */
import { t } from '@vscode/l10n';
import type { z } from 'zod';
import type { ExperimentDocument } from './document.js';
import { type FieldPath, formatPath, written } from './field-path.js';
import { allFields, defaultOf, fieldNames } from './fields.js';
import { moveTo, type QuickFix, remove, rename, setTo } from './fixes.js';
import { nearestHint, nearestName } from './nearest.js';
import type { ExperimentProblem } from './problems.js';

/** Where a key that is none of its section belongs: its hint, and the changes that put it right. */
function describeKey(
  schema: z.ZodType,
  parent: FieldPath,
  key: string,
  given: unknown,
): { hint: string; fixes: QuickFix[] } {
  const path = [...parent, key];
  const siblings = fieldNames(schema, parent).filter((name) => name !== '$schema');
  const nearest = nearestName(key, siblings);
  if (nearest !== undefined) {
    const free = typeof given !== 'object' || given === null || !Object.hasOwn(given, nearest);
    const fixes = free ? [rename(path, nearest), remove(path)] : [remove(path)];
    return { hint: nearestHint(key, siblings), fixes };
  }
  const elsewhere = allFields(schema).filter((field) => field.split('.').at(-1) === key);
  if (elsewhere.length > 0) {
    const moves = elsewhere.map((field) => moveTo(path, field.split('.')));
    return {
      hint: t('It belongs under {0}.', elsewhere.join(t(' or '))),
      fixes: [...moves, remove(path)],
    };
  }
  const known = siblings.length > 0 ? t('Known here: {0}.', siblings.join(', ')) : '';
  return { hint: known, fixes: [remove(path)] };
}

const typeNames = (): Readonly<Record<string, string>> => ({
  string: t('a string'),
  number: t('a number'),
  int: t('a whole number'),
  boolean: t('true or false'),
  object: t('an object in { }'),
  record: t('an object in { }'),
  array: t('a list in [ ]'),
});

function show(value: unknown): string {
  const json = JSON.stringify(value);
  if (json === undefined) return t('nothing');
  const text = written(json);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** What the value should have been, as it follows "must be". */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames()[issue.expected] ?? t('of type {0}', issue.expected);
    case 'invalid_value': {
      const values = issue.values.map(show).join(', ');
      return issue.values.length > 1 ? t('one of {0}', values) : values;
    }
    case 'too_small':
      return lowerBound(issue.origin, issue.inclusive === true, String(issue.minimum));
    case 'too_big':
      return upperBound(issue.origin, issue.inclusive === true, String(issue.maximum));
    case 'invalid_union':
      return issue.errors
        .flatMap((alternatives) => alternatives.map(expectation))
        .filter((text, i, texts) => texts.indexOf(text) === i)
        .join(t(' or '));
    default:
      return issue.message;
  }
}

function lowerBound(origin: string, inclusive: boolean, value: string): string {
  if (origin === 'array' && value === '1') return t('a list that is not empty');
  if (origin === 'string' && value === '1') return t('a string that is not empty');
  if (origin === 'array') return t('a list with at least {0} entries', value);
  if (origin === 'string') return t('a string of at least {0} characters', value);
  return inclusive ? t('at least {0}', value) : t('greater than {0}', value);
}

function upperBound(origin: string, inclusive: boolean, value: string): string {
  if (origin === 'array') return t('a list with at most {0} entries', value);
  if (origin === 'string') return t('a string of at most {0} characters', value);
  return inclusive ? t('at most {0}', value) : t('less than {0}', value);
}

function valueAt(root: unknown, path: FieldPath): unknown {
  let current = root;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** A value of the right kind that is nearest to the given one; undefined when none suggests itself. */
function nearestValue(issue: z.core.$ZodIssue, given: unknown): unknown {
  if (issue.code === 'too_small' && issue.inclusive === true && typeof given === 'number') {
    return Number(issue.minimum);
  }
  if (issue.code === 'too_big' && issue.inclusive === true && typeof given === 'number') {
    return Number(issue.maximum);
  }
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.expected === 'int' && typeof given === 'number') return Math.round(given);
  if (issue.expected === 'string' && typeof given === 'number') return String(given);
  if (issue.expected === 'array' && given !== undefined && given !== null) return [given];
  if (typeof given !== 'string' || given.trim() === '') return undefined;
  if (issue.expected === 'boolean' && /^(true|false)$/i.test(given)) return given.toLowerCase() === 'true';
  const number = Number(given);
  if (issue.expected === 'number' && Number.isFinite(number)) return number;
  return undefined;
}

/** Values that the field may be given instead, the likeliest first. */
function valueFixes(issue: z.core.$ZodIssue, path: FieldPath, given: unknown, schema: z.ZodType): QuickFix[] {
  if (issue.code === 'invalid_value') {
    const names = issue.values.filter((value) => typeof value === 'string');
    const nearest = typeof given === 'string' ? nearestName(given, names) : undefined;
    const others = names.filter((name) => name !== nearest);
    return [...(nearest === undefined ? [] : [nearest]), ...others].map((name) => setTo(path, name));
  }
  const nearest = nearestValue(issue, given);
  const standard = defaultOf(schema, path);
  return [nearest, standard]
    .filter((value, i, values) => value !== undefined && values.indexOf(value) === i)
    .map((value) => setTo(path, value));
}

/** Where only one of the alternatives is of the given value's kind, what is wrong is what that one says. */
function withinKind(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const ofKind = issue.errors.filter(
    (found) => found.length > 0 && found.every(({ path }) => path.length > 0),
  );
  const [only] = ofKind;
  if (!only || ofKind.length > 1) return [issue];
  return only.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(withinKind);
}

/** All that is wrong with `input`, where it stands in the file. */
export function problemsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  schema: z.ZodType,
  document: ExperimentDocument,
): ExperimentProblem[] {
  return issues.flatMap(withinKind).flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const field = [...path, key];
        const message = t('{0}: there is no such field', formatPath(field));
        const { hint, fixes } = describeKey(schema, path, key, valueAt(input, path));
        return document.problem(field, message, hint, { at: 'key', fixes });
      });
    }
    if (issue.code === 'invalid_key') {
      const rules = issue.issues.map((rule) =>
        rule.code === 'invalid_format' ? rule.message : t('use a name that is not empty'),
      );
      const message = t(
        '{0}: {1} cannot be a name here: {2}',
        formatPath(path.slice(0, -1)),
        show(path.at(-1)),
        rules.join(t(' and ')),
      );
      return [document.problem(path, message, '', { at: 'key', fixes: [remove(path)] })];
    }
    const given = valueAt(input, path);
    const field = path.length === 0 ? t('the file') : formatPath(path);
    const message =
      issue.code === 'invalid_format' || issue.code === 'custom'
        ? t('{0}: {1}; got {2}', field, issue.message, show(given))
        : t('{0}: must be {1}; got {2}', field, expectation(issue), show(given));
    const hint =
      issue.code === 'invalid_value' && typeof given === 'string'
        ? nearestHint(
            given,
            issue.values.filter((value) => typeof value === 'string'),
          )
        : '';
    const fixes = path.length === 0 ? [] : valueFixes(issue, path, given, schema);
    return [document.problem(path, message, hint, { fixes })];
  });
}

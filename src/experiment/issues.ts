/** What zod found, said in plain sentences with the field, the rule, the value that was given and the nearest name. */
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { type ExperimentDocument, type FieldPath, formatPath } from './document.js';
import type { ExperimentProblem } from './problems.js';

/** ` Did you mean "x"?` when one of the names is near enough to be a typing error, else an empty string. */
export function nearestHint(name: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const nearest = closest(
    name.toLowerCase(),
    names.map((candidate) => candidate.toLowerCase()),
  );
  const candidate = names.find((known) => known.toLowerCase() === nearest);
  if (candidate === undefined) return '';
  const tolerance = Math.max(2, Math.ceil(candidate.length / 3));
  return distance(name.toLowerCase(), nearest) <= tolerance ? `Did you mean "${candidate}"?` : '';
}

/** The schema inside defaults, optionals and transforms. */
function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrap(schema.unwrap());
  }
  return schema;
}

/** Names of the fields of the object at `path`; empty when there is no object. */
function fieldNames(schema: z.ZodType, path: FieldPath): string[] {
  let current = unwrap(schema);
  for (const part of path) {
    if (current instanceof z.ZodObject) current = unwrap(current.shape[String(part)]);
    else if (current instanceof z.ZodArray) current = unwrap(current.element);
    else return [];
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** All fields of the file as dotted paths, for a key that was put into the wrong section. */
function allFields(schema: z.ZodType, prefix: readonly string[] = []): string[] {
  return fieldNames(schema, prefix).flatMap((name) => {
    const path = [...prefix, name];
    return [path.join('.'), ...allFields(schema, path)];
  });
}

function describeKey(schema: z.ZodType, parent: FieldPath, key: string): string {
  const siblings = fieldNames(schema, parent).filter((name) => name !== '$schema');
  const nearest = nearestHint(key, siblings);
  if (nearest !== '') return nearest;
  const elsewhere = allFields(schema).filter((field) => field.split('.').at(-1) === key);
  if (elsewhere.length > 0) return `It belongs under ${elsewhere.join(' or ')}.`;
  return siblings.length > 0 ? `Known here: ${siblings.join(', ')}.` : '';
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object in { }',
  array: 'a list in [ ]',
};

function show(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) return 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** What the value should have been: "must be …", without the field. */
function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? `of type ${issue.expected}`;
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(show).join(', ')}`;
    case 'too_small':
      return bound(issue.origin, issue.inclusive === true, issue.minimum, 'at least', 'greater than');
    case 'too_big':
      return bound(issue.origin, issue.inclusive === true, issue.maximum, 'at most', 'less than');
    case 'invalid_union':
      return issue.errors
        .flatMap((alternatives) => alternatives.map(expectation))
        .filter((text, i, texts) => texts.indexOf(text) === i)
        .join(' or ');
    default:
      return issue.message;
  }
}

function bound(origin: string, inclusive: boolean, value: unknown, with_: string, without: string): string {
  if (origin === 'array') return `a list with ${with_} ${value} entries`;
  if (origin === 'string') return `a string of ${with_} ${value} characters`;
  return `${inclusive ? with_ : without} ${value}`;
}

function valueAt(root: unknown, path: FieldPath): unknown {
  let current = root;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[part];
  }
  return current;
}

/** All that is wrong with `input`, where it stands in the file. */
export function problemsOfIssues(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  schema: z.ZodType,
  document: ExperimentDocument,
): ExperimentProblem[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const field = [...path, key];
        const message = `${formatPath(field)}: there is no such field`;
        return document.problem(field, message, describeKey(schema, path, key), 'key');
      });
    }
    const given = valueAt(input, path);
    const field = path.length === 0 ? 'the file' : formatPath(path);
    const rule = issue.code === 'invalid_format' ? issue.message : `must be ${expectation(issue)}`;
    const hint =
      issue.code === 'invalid_value' && typeof given === 'string'
        ? nearestHint(
            given,
            issue.values.filter((value) => typeof value === 'string'),
          )
        : '';
    return [document.problem(path, `${field}: ${rule}; got ${show(given)}`, hint)];
  });
}

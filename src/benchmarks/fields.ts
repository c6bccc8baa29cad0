/** From a row of a file to a problem. */
import { distance } from 'fastest-levenshtein';
import { reasonOf } from '../errors.js';
import type { BenchmarkProblem } from '../tasks/index.js';
import { lastBoxed } from './boxed.js';
import { type AnswerForm, rightChoice, shuffleChoices } from './choices.js';
import { BenchmarkError } from './errors.js';
import { parseJson } from './json-numbers.js';
import { maxChoices } from './prompts.js';
import type { Row } from './row.js';

/**
 * Which field of a row is what. A name may be a path into the row: `reward_model.ground_truth`,
 * `prompt.1.content`.
 */
export interface FieldMapping {
  problem: string;
  answer: string;
  /** Without it a problem's id is its place. */
  id?: string;
  /** One field that holds a list, or one field for each choice. */
  choices?: string | readonly string[];
  /** How the answer names the right choice; without it, whichever reading fits. */
  answerAs?: AnswerForm;
  /** Where the answer stands in its field when the field holds a whole solution. */
  answerIn?: 'boxed' | '####';
  solution?: string;
  category?: string;
}

/** The file a row is of, and the names and the seed its problem is made with. */
export interface MappingContext {
  file: string;
  /** Name of the benchmark, for ids of rows without one. */
  name: string;
  /** Order of choices. */
  seed: number;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The value at a path; a name that contains dots itself comes first. Absent and null are undefined. */
function valueAt(values: unknown, path: string): unknown {
  if (!isRecord(values)) return undefined;
  if (Object.hasOwn(values, path)) return values[path] ?? undefined;
  const dot = path.indexOf('.');
  return dot === -1 ? undefined : valueAt(values[path.slice(0, dot)], path.slice(dot + 1));
}

/**
 * The top-level fields that a mapping reads, for formats that can leave the others unread: all that are needed,
 * and of solution and category those that are there.
 */
export function fieldsToRead(mapping: FieldMapping, present: readonly string[]): string[] {
  const { id, problem, answer, choices, solution, category } = mapping;
  const topLevel = (field: string) => (present.includes(field) ? field : field.split('.', 1)[0]!);
  const needed = [id, problem, answer, ...(typeof choices === 'string' ? [choices] : (choices ?? []))];
  const wanted = [solution, category].filter((field) => field && present.includes(topLevel(field)));
  return [...new Set([...needed, ...wanted].filter((field) => field !== undefined).map(topLevel))];
}

function failure(context: MappingContext, row: Row, message: string, hint: string): BenchmarkError {
  return new BenchmarkError(`${context.file}, ${row.where}: ${message}`, hint);
}

/** A text; numbers are written out, so that 142.0 of a table of floats is 142. */
function textAt(row: Row, field: string): string | null {
  const value = valueAt(row.values, field);
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') {
    return String(value);
  }
  return null;
}

type Role = 'problem' | 'answer' | 'id' | 'choices';

function requiredText(row: Row, role: Role, field: string, context: MappingContext): string {
  const text = textAt(row, field);
  if (text !== null && text !== '') return text;
  if (text === '') {
    throw failure(context, row, `"${field}" is empty`, `Fill in the ${role}, or remove the row.`);
  }
  const value = valueAt(row.values, field);
  if (value !== undefined) {
    const kind = Array.isArray(value) ? 'a list' : 'an object';
    throw failure(
      context,
      row,
      `"${field}" is ${kind}, not a string`,
      `Specify the string in it with a path, such as "${role}": "${field}.0".`,
    );
  }
  throw missing(row, role, field, context);
}

function missing(row: Row, role: Role, field: string, context: MappingContext): BenchmarkError {
  const names = Object.keys(row.values).toSorted((a, b) => distance(field, a) - distance(field, b));
  const nearest = names[0] ?? 'name of the field';
  return failure(
    context,
    row,
    `has no "${field}"`,
    `Its fields are ${names.join(', ')}. Specify one, such as "${role}": "${nearest}", or correct the row.`,
  );
}

/**
 * The problem of a row.
 *
 * @param place of the row among the problems, from 0
 * @throws BenchmarkError naming file, row, field and fix
 */
export function problemOf(
  row: Row,
  place: number,
  mapping: FieldMapping,
  context: MappingContext,
): BenchmarkProblem {
  const id =
    mapping.id === undefined ? `${context.name}-${place}` : requiredText(row, 'id', mapping.id, context);
  const problem = requiredText(row, 'problem', mapping.problem, context);
  const answer = answerOf(row, mapping, context);
  const solution = mapping.solution === undefined ? null : textAt(row, mapping.solution);
  const category = mapping.category === undefined ? null : textAt(row, mapping.category);
  const made: BenchmarkProblem = { id, problem, answer };
  if (mapping.choices !== undefined) {
    Object.assign(made, choicesOf(row, id, answer, mapping.choices, mapping.answerAs, context));
  }
  if (solution !== null && solution !== '') made.solution = solution;
  if (category !== null && category !== '') made.category = category;
  return made;
}

function answerOf(row: Row, mapping: FieldMapping, context: MappingContext): string {
  const text = requiredText(row, 'answer', mapping.answer, context);
  if (mapping.answerIn === undefined) return text;
  const mark = text.lastIndexOf('####');
  const boxed = mapping.answerIn === 'boxed';
  const answer = boxed ? lastBoxed(text) : mark === -1 ? null : text.slice(mark + 4).trim();
  if (answer !== null && answer !== '') return answer;
  throw failure(
    context,
    row,
    `"${mapping.answer}" has no ${boxed ? '\\boxed{…}' : 'answer after ####'}`,
    'Correct or remove the row; without "answerIn" the whole field is the answer.',
  );
}

/** A list of texts, also when it stands in a text as JSON, as lists do in CSV files. */
function listAt(row: Row, field: string): string[] | null {
  let value = valueAt(row.values, field);
  if (typeof value === 'string') {
    try {
      value = parseJson(value);
    } catch {
      return null;
    }
  }
  if (!Array.isArray(value)) return null;
  return value.every((item) => typeof item === 'string' || typeof item === 'number')
    ? value.map((item) => String(item).trim())
    : null;
}

function choicesOf(
  row: Row,
  id: string,
  answer: string,
  fields: string | readonly string[],
  form: AnswerForm | undefined,
  context: MappingContext,
): { choices: string[]; answer: string } {
  const choices =
    typeof fields === 'string'
      ? listAt(row, fields)
      : fields.map((field) => requiredText(row, 'choices', field, context));
  if (choices === null) {
    const field = String(fields);
    if (valueAt(row.values, field) === undefined) throw missing(row, 'choices', field, context);
    throw failure(context, row, `"${field}" is not a list of strings`, 'Write the choices as a JSON array.');
  }
  if (choices.length < 2 || choices.length > maxChoices) {
    throw failure(
      context,
      row,
      `has ${choices.length} choices`,
      `A multiple-choice problem has 2 to ${maxChoices}.`,
    );
  }
  const how = 'Give "answerAs": "letter" (A is the first), "index" (0 is the first) or "text".';
  try {
    const right = rightChoice(answer, choices, form);
    if (right !== null) return shuffleChoices(id, choices, right, context.seed);
  } catch (error) {
    throw failure(context, row, `the answer ${reasonOf(error)}`, how);
  }
  throw failure(context, row, `the answer "${answer}" is not one of the ${choices.length} choices`, how);
}

/** Which field of a file of problems is what, as far as names and contents tell. */
import { lastBoxed } from './boxed.js';
import { type FileFormat, formatOf, readRows } from './rows.js';

export interface DetectedFields {
  /** Names of fields that hold a text, paths into objects and lists included, as an experiment names them. */
  fields: string[];
  problem?: string;
  answer?: string;
  choices?: string;
  answerIn?: 'boxed' | '####';
}

/** Usual names, the likeliest first; of a path its last part counts, too. */
const problemNames = ['problem', 'question', 'prompt', 'query', 'input', 'instruction', 'content'];
const answerNames = [
  'answer',
  'final_answer',
  'ground_truth',
  'gold',
  'target',
  'label',
  'solution',
  'output',
  'response',
];
const choiceNames = ['choices', 'options'];

/** Rows that are looked at. */
const sampledRows = 20;
/** Levels of objects and lists in a row that are looked into. */
const deepest = 3;

type Found = { path: string; value: unknown };

function textsIn(value: unknown, path: string, level = 0): Found[] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return [{ path, value }];
  }
  if (typeof value !== 'object' || value === null || level >= deepest) return [];
  // Of a list, such as the turns of a conversation, the last entry is what is asked.
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.slice(-1).map((entry) => [String(value.length - 1), entry])
    : Object.entries(value);
  return entries.flatMap(([key, inner]) => textsIn(inner, path === '' ? key : `${path}.${key}`, level + 1));
}

function named(fields: readonly string[], names: readonly string[], except?: string): string | undefined {
  for (const name of names) {
    const matches = (field: string) => (field.split('.').at(-1) ?? field).toLowerCase() === name;
    const found =
      fields.find((field) => field.toLowerCase() === name && field !== except) ??
      fields.find((field) => matches(field) && field !== except);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How the answers mark themselves in a whole solution; undefined when the field is the answer. */
function markOf(answers: readonly string[]): DetectedFields['answerIn'] {
  if (answers.length === 0) return undefined;
  if (answers.every((answer) => answer.includes('####'))) return '####';
  if (answers.every((answer) => lastBoxed(answer) !== null && answer.trim() !== lastBoxed(answer))) {
    return 'boxed';
  }
  return undefined;
}

/** @throws BenchmarkError when the file cannot be read */
export async function detectFields(
  file: string,
  format: FileFormat = formatOf(file),
): Promise<DetectedFields> {
  const rows: Found[][] = [];
  const lists = new Set<string>();
  for await (const { values } of readRows(file, format, null)) {
    rows.push(Object.entries(values).flatMap(([key, value]) => textsIn(value, key, 1)));
    for (const [key, value] of Object.entries(values)) {
      if (Array.isArray(value) && value.length > 1 && value.every((entry) => typeof entry === 'string')) {
        lists.add(key);
      }
    }
    if (rows.length >= sampledRows) break;
  }
  const fields = [...new Set(rows.flatMap((row) => row.map(({ path }) => path)))];
  const problem = named(fields, problemNames);
  const answer = named(fields, answerNames, problem);
  const choices = named([...lists], choiceNames);
  const answers = rows.flatMap((row) =>
    row.filter(({ path }) => path === answer).map(({ value }) => String(value)),
  );
  const answerIn = choices === undefined ? markOf(answers) : undefined;
  return {
    fields,
    ...(problem !== undefined && { problem }),
    ...(answer !== undefined && { answer }),
    ...(choices !== undefined && { choices }),
    ...(answerIn !== undefined && { answerIn }),
  };
}

/** Any answer as people read it in a terminal: figures line by line, lists of objects as tables. Pure. */
import { table } from './tables.js';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const longestCell = 60;

/** Nothing that would break a line, and no more than a terminal has room for. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'boolean') return value ? 'yes' : '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ');
  return text.length <= longestCell ? text : `${text.slice(0, longestCell - 1)}…`;
}

/** Controls of the terminal in what a model wrote do nothing. */
const harmless = (text: string) => text.replace(/[^\P{Cc}\n\t]/gu, '');

export function answerText(answer: Fields): string {
  const { left_out: left, more, ...fields } = answer;
  const parts = Object.entries(fields).flatMap(([name, value]) => part(name, value));
  if (typeof left === 'number' && left > 0) parts.push(`${left} left out`);
  if (typeof more === 'string') parts.push(`More: ${more}`);
  return harmless(parts.join('\n'));
}

function part(name: string, value: unknown): string[] {
  const title = name.replaceAll('_', ' ');
  if (Array.isArray(value)) return listText(title, value);
  if (isFields(value)) return ['', `${title}:`, ...indented(rowsOf(value))];
  return [`${title}: ${typeof value === 'string' ? value : cell(value)}`];
}

function listText(title: string, list: readonly unknown[]): string[] {
  if (list.length === 0) return [`${title}: none`];
  if (list.every(isFields)) return ['', tableOf(list)];
  if (list.every((item) => typeof item === 'number')) return [`${title}: ${list.join(', ')}`];
  return [
    '',
    `${title}:`,
    ...indented(list.map((item) => (typeof item === 'string' ? item : pointText(item)))),
  ];
}

const pointText = (item: unknown) => (Array.isArray(item) ? item.map(cell).join('  ') : cell(item));

/** Columns of whatever any row has, in the order in which they first come. */
function tableOf(rows: readonly Fields[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return table([columns, ...rows.map((row) => columns.map((column) => cell(row[column])))]);
}

/** An object: a table where all its values are alike, else a line each. */
function rowsOf(fields: Fields): string[] {
  const entries = Object.entries(fields);
  if (entries.length > 1 && entries.every(([, value]) => isFields(value)))
    return tableOf(entries.map(([name, value]) => ({ '': name, ...(value as Fields) }))).split('\n');
  return entries.flatMap(([name, value]) => {
    const isPoints = Array.isArray(value) && value.every(Array.isArray);
    return isPoints ? [`${name}:`, ...indented(value.map(pointText))] : [`${name}: ${cell(value)}`];
  });
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

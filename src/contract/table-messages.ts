/**
 * The contract between the extension host and the table of runs. The host sends all rows once, then those that
 * changed; which of them are shown, in which order, is the page's own business.
 */
import type { RunRow } from '../runs/facts/index.js';

export interface TableRow extends RunRow {
  /** The run's folder, by which it is named in messages. */
  directory: string;
  /** By dotted path the JSON text of each setting in which the runs of the table differ; absent where it has none. */
  settings: Readonly<Record<string, string>>;
}

export type TableHostMessage =
  | {
      type: 'rows';
      /** Every run of the table; those that are not among them are gone. */
      all: TableRow[];
      /** What `layout` last kept; null when nothing was. */
      layout: unknown;
      /** False in Restricted Mode, where nothing is changed or started. */
      trusted: boolean;
    }
  | { type: 'changes'; changed: TableRow[]; removed: string[] }
  /** By the folder of a run the place of its variant in its study, which its colour goes by. */
  | { type: 'places'; places: Readonly<Record<string, number>> };

/** What is done with the selected runs. */
export const tableCommands = [
  'open',
  'compare',
  'tag',
  'notes',
  'pin',
  'unpin',
  'archive',
  'unarchive',
  'delete',
  'evaluate',
  'rejudge',
  'resume',
] as const;
export type TableCommand = (typeof tableCommands)[number];

export const editableFields = ['name', 'tags', 'notes'] as const;
export type EditableField = (typeof editableFields)[number];

/** What is seen of the table, for a file. */
export interface ShownTable {
  columns: string[];
  rows: (string | number | null)[][];
}

export type TablePageMessage =
  | { type: 'ready' }
  | { type: 'command'; command: TableCommand; runs: string[] }
  | { type: 'export'; runs: string[]; table: ShownTable }
  /** Tags are separated by commas. */
  | { type: 'edit'; run: string; field: EditableField; value: string }
  | { type: 'layout'; layout: object }
  /** Time from the rows' arrival to their first picture, in milliseconds. */
  | { type: 'painted'; rows: number; milliseconds: number }
  | { type: 'error'; message: string };

const longestError = 4000;
/** Of an edited text. */
const longestText = 100_000;
/** Of a layout, as JSON. */
const longestLayout = 100_000;

type Parser = (value: Record<string, unknown>) => TablePageMessage | null;

const isText = (value: unknown): value is string => typeof value === 'string';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isCells = (value: unknown): value is ShownTable['rows'][number] =>
  Array.isArray(value) && value.every((cell) => cell === null || isText(cell) || typeof cell === 'number');

const parsers: Readonly<Record<TablePageMessage['type'], Parser>> = {
  ready: () => ({ type: 'ready' }),
  command: ({ command, runs }) => {
    const known = tableCommands.find((name) => name === command);
    return known && isTexts(runs) ? { type: 'command', command: known, runs } : null;
  },
  export: ({ runs, table }) => {
    if (!isTexts(runs) || typeof table !== 'object' || table === null) return null;
    const { columns, rows }: { columns?: unknown; rows?: unknown } = table;
    return isTexts(columns) && Array.isArray(rows) && rows.every(isCells)
      ? { type: 'export', runs, table: { columns, rows } }
      : null;
  },
  edit: ({ run, field, value }) => {
    const known = editableFields.find((name) => name === field);
    return known && isText(run) && isText(value) && value.length <= longestText
      ? { type: 'edit', run, field: known, value }
      : null;
  },
  layout: ({ layout }) =>
    typeof layout === 'object' && layout !== null && JSON.stringify(layout).length <= longestLayout
      ? { type: 'layout', layout }
      : null,
  painted: ({ rows, milliseconds }) =>
    typeof rows === 'number' && typeof milliseconds === 'number'
      ? { type: 'painted', rows, milliseconds }
      : null,
  error: ({ message }) =>
    isText(message) ? { type: 'error', message: message.slice(0, longestError) } : null,
};

/** The message that a page sent, with only its known fields; null when it is invalid. */
export function parseTableMessage(value: unknown): TablePageMessage | null {
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  const { type } = value;
  if (!isText(type) || !Object.hasOwn(parsers, type)) return null;
  return parsers[type as TablePageMessage['type']](value as Record<string, unknown>);
}

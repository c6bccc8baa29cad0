/** Which column of a table is what: as a person has said, else by the names that most programs use. */
import { basename } from 'node:path';
import { type TableMap, UnmappedTable } from './log.js';

const mapFields = ['step', 'time', 'prompt', 'completion', 'reward'] as const;

const usual: Record<(typeof mapFields)[number], readonly string[]> = {
  step: ['step', 'global_step', '_step', 'steps', 'training_step', 'iteration', 'iter', 'update', 'epoch'],
  time: ['time', 'timestamp', 'wall_time', '_timestamp'],
  prompt: ['prompt', 'input', 'question', 'problem', 'query'],
  completion: ['completion', 'output', 'response', 'answer', 'generation'],
  reward: ['reward', 'score', 'total_reward'],
};

/** What the values of a column are, by the first rows. */
export interface TableColumns {
  numbers: string[];
  texts: string[];
  /** Those with whole numbers only: one of them may be the step. */
  whole: ReadonlySet<string>;
  /** Those with texts, among them columns that have numbers, too, as responses may. */
  written: ReadonlySet<string>;
}

export interface WholeMap extends TableMap {
  step: string;
}

/** @throws UnmappedTable when no column is the step, or one that is named is not there */
export function mapOf(file: string, columns: TableColumns, given: TableMap = {}): WholeMap {
  const all = [...columns.numbers, ...columns.texts];
  for (const [field, column] of Object.entries(given) as [string, string][]) {
    if (all.includes(column)) continue;
    throw new UnmappedTable(
      `${file}: there is no column "${column}" for ${field}`,
      `Its columns are ${all.join(', ')}.`,
      file,
      { numbers: columns.numbers, texts: columns.texts },
    );
  }
  const { numbers, texts } = columns;
  const found = (field: (typeof mapFields)[number], among: readonly string[]) =>
    given[field] ?? usual[field].find((name) => among.includes(name));
  const step = found('step', [...columns.whole]);
  if (step === undefined) {
    throw new UnmappedTable(
      `${file}: none of its columns is known to be the step`,
      `Name it, as in --map step=${[...columns.whole][0] ?? 'COLUMN'}: a column of whole numbers. Columns with numbers: ${numbers.join(', ') || 'none'}.`,
      file,
      { numbers, texts },
    );
  }
  const map: WholeMap = { step };
  for (const field of ['time', 'prompt', 'completion', 'reward'] as const) {
    const column = found(field, field === 'prompt' || field === 'completion' ? [...columns.written] : all);
    if (column !== undefined && column !== step) map[field] = column;
  }
  return map;
}

/** `step=global_step`, as it is typed. @throws UnmappedTable */
export function parseMap(texts: readonly string[]): TableMap {
  const map: TableMap = {};
  for (const text of texts) {
    const [field = '', ...column] = text.split('=');
    const known = mapFields.find((one) => one === field);
    if (!known || column.length === 0) {
      throw new UnmappedTable(
        `--map ${text}: not a field and its column`,
        `The fields are ${mapFields.join(', ')}, as in --map step=global_step.`,
        basename(text),
        { numbers: [], texts: [] },
      );
    }
    map[known] = column.join('=');
  }
  return map;
}

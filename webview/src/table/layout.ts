/** How the table is looked at, as it is kept for the next time. Pure. */

export interface TableLayout {
  filter: string;
  /** The first one counts first. */
  sorting: { id: string; desc: boolean }[];
  /** Id of the column whose values are headings; null for none. */
  group: string | null;
  /** Ids of columns; others come after them. */
  order: string[];
  /** Choices that differ from what a column says of itself. */
  shown: Record<string, boolean>;
  /** In CSS pixels. */
  widths: Record<string, number>;
  /** Archived runs are shown with the others. */
  archived: boolean;
}

export const defaultLayout: TableLayout = {
  filter: '',
  sorting: [
    { id: 'pinned', desc: true },
    { id: 'created', desc: true },
  ],
  group: null,
  order: [],
  shown: {},
  widths: {},
  archived: false,
};

export const narrowest = 44;
export const widest = 1200;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function entriesOf<Value>(value: unknown, is: (one: unknown) => one is Value): Record<string, Value> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, Value] => is(entry[1])));
}

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isWidth = (value: unknown): value is number =>
  typeof value === 'number' && value >= narrowest && value <= widest;

/** Which run a row is: these stay in view while the others are scrolled sideways. */
const identifying: readonly string[] = ['state', 'pinned', 'name'];

/** Of the width of the table, most that columns may take that stay in view. */
const mostFrozen = 0.6;

/**
 * Columns that stay in view, with their distance from the left edge: as many of those that identify a run as leave room
 * for others; in a narrow table the name and what rows are grouped by, or none.
 * @param columns visible ones, from left to right @param width of the table, in CSS pixels
 */
export function frozenColumns(
  columns: readonly { id: string; width: number }[],
  group: string | null,
  width: number,
): ReadonlyMap<string, number> {
  const candidates = columns.filter(({ id }) => id === group || identifying.includes(id));
  const only = (...ids: unknown[]) => candidates.filter(({ id }) => ids.includes(id));
  for (const some of [candidates, only(group, 'name'), only(group ?? 'name')]) {
    const total = some.reduce((sum, column) => sum + column.width, 0);
    if (total > mostFrozen * width) continue;
    let left = 0;
    return new Map(
      some.map((column) => {
        const entry = [column.id, left] as const;
        left += column.width;
        return entry;
      }),
    );
  }
  return new Map();
}

/** What was stored, with the default in place of what this version does not know. */
export function layoutOf(stored: unknown): TableLayout {
  if (!isObject(stored)) return defaultLayout;
  const { filter, sorting, group, order, shown, widths, archived } = stored;
  const sorts = Array.isArray(sorting)
    ? sorting.flatMap((one: unknown) =>
        isObject(one) && typeof one.id === 'string' ? [{ id: one.id, desc: one.desc === true }] : [],
      )
    : defaultLayout.sorting;
  return {
    filter: typeof filter === 'string' ? filter : '',
    sorting: sorts,
    group: typeof group === 'string' ? group : null,
    order: Array.isArray(order) ? order.filter((id) => typeof id === 'string') : [],
    shown: entriesOf(shown, isFlag),
    widths: entriesOf(widths, isWidth),
    archived: archived === true,
  };
}

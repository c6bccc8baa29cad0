/** Rows in order and under headings, columns in order: TanStack's table over the columns and rows of runs. */
import {
  type Column,
  type ColumnDef,
  createRow,
  createTable,
  type ExpandedState,
  getExpandedRowModel,
  getGroupedRowModel,
  getSortedRowModel,
  type Row,
  type RowModel,
  type SortingFn,
  type Table,
} from '@tanstack/table-core';
import type { TableRow } from '../../../src/contract/index.js';
import type { RunColumn } from './columns.js';
import { commonValue, type GroupFigure, groupFigure } from './groups.js';
import type { TableLayout } from './layout.js';

export type ModelRow = Row<TableRow>;

export interface TableView {
  /** As they are seen, headings included. */
  rows: ModelRow[];
  /** Visible ones, from left to right, with their widths. */
  columns: { column: RunColumn; width: number }[];
}

const isFigure = (value: unknown): value is GroupFigure =>
  typeof value === 'object' && value !== null && 'mean' in value;

function orderValue(row: ModelRow, id: string): unknown {
  const value = row.getValue(id);
  return isFigure(value) ? value.mean : value;
}

const byValue: SortingFn<TableRow> = (a, b, id) => {
  const first = orderValue(a, id);
  const second = orderValue(b, id);
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  return collator.compare(String(first), String(second));
};

/** Of the column that rows are grouped by, in CSS pixels. */
const headingWidth = 180;

const collator = new Intl.Collator(undefined, { numeric: true });

function definition(column: RunColumn): ColumnDef<TableRow> {
  return {
    id: column.id,
    accessorFn: column.value,
    size: column.width,
    sortingFn: byValue,
    sortUndefined: 'last',
    ...(column.group && { getGroupingValue: column.group }),
    aggregationFn: (id, leaves) => {
      const values = leaves.map((leaf) => leaf.getValue(id));
      return column.figure ? (groupFigure(values) ?? undefined) : commonValue(values);
    },
  };
}

/** Rows as they are given. To make one takes long, and of thousands that are given again only a few are others. */
function givenRows(table: Table<TableRow>): () => RowModel<TableRow> {
  const made = new WeakMap<TableRow, ModelRow>();
  let data: readonly TableRow[] = [];
  let model: RowModel<TableRow> = { rows: [], flatRows: [], rowsById: {} };
  return () => {
    if (data === table.options.data) return model;
    data = table.options.data;
    const rows = data.map((original, index) => {
      const row = made.get(original) ?? createRow(table, original.directory, original, index, 0);
      made.set(original, row);
      row.index = index;
      return row;
    });
    model = { rows, flatRows: rows, rowsById: Object.fromEntries(rows.map((row) => [row.id, row])) };
    return model;
  };
}

export class TableModel {
  readonly #table: Table<TableRow> = createTable<TableRow>({
    data: [],
    columns: [],
    state: {},
    onStateChange: () => {},
    renderFallbackValue: null,
    getRowId: ({ directory }) => directory,
    getCoreRowModel: givenRows,
    getSortedRowModel: getSortedRowModel(),
    getGroupedRowModel: getGroupedRowModel(),
    getExpandedRowModel: getExpandedRowModel(),
    autoResetExpanded: false,
    autoResetPageIndex: false,
  });

  view(
    data: TableRow[],
    columns: readonly RunColumn[],
    layout: TableLayout,
    expanded: Exclude<ExpandedState, true>,
  ): TableView {
    const known = new Map(columns.map((column) => [column.id, column]));
    const { sorting, group, order, shown, widths } = layout;
    this.#table.setOptions((options) => ({
      ...options,
      data,
      columns: columns.map(definition),
      state: {
        ...this.#table.initialState,
        sorting: sorting.filter(({ id }) => known.has(id)),
        grouping: group !== null && known.has(group) ? [group] : [],
        expanded,
        columnOrder: order,
        columnVisibility: Object.fromEntries(
          columns.map(({ id, shown: usual }) => [id, id === group || (shown[id] ?? usual)]),
        ),
        // A heading also says how many runs it has.
        columnSizing: group === null ? widths : { [group]: headingWidth, ...widths },
      },
    }));
    return {
      rows: this.#table.getRowModel().rows,
      columns: this.#table.getVisibleLeafColumns().flatMap((column) => placed(column, known)),
    };
  }
}

function placed(
  { id, ...column }: Column<TableRow>,
  known: ReadonlyMap<string, RunColumn>,
): TableView['columns'] {
  const found = known.get(id);
  return found ? [{ column: found, width: column.getSize() }] : [];
}

/** Runs under a heading, or the row's own one. */
export function runsOf(row: ModelRow): TableRow[] {
  return row.getIsGrouped() ? row.getLeafRows().map(({ original }) => original) : [row.original];
}

/** What a cell says: of a heading what its runs have in common, or mean ± standard deviation. */
export function cellText(row: ModelRow, column: RunColumn): string {
  if (!row.getIsGrouped()) return column.text(row.original);
  const value: unknown = row.getValue(column.id);
  if (isFigure(value)) {
    const { figure = String, unit = '' } = column;
    return `${figure(value.mean)}${value.sd === null ? '' : ` ± ${figure(value.sd)}`}${unit}`;
  }
  const [first] = row.getLeafRows();
  if (column.id === row.groupingColumnId && column.group && first) return column.group(first.original);
  return value === undefined && column.id !== row.groupingColumnId
    ? ''
    : column.text(first?.original ?? row.original);
}

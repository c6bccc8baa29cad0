/** The table's state: rows from the host, how they are looked at, which are selected. */
import { untrack } from 'svelte';
import type {
  TableCommand,
  TableHostMessage,
  TablePageMessage,
  TableRow,
} from '../../../src/contract/index.js';
import { type FilterSuggestion, filterSuggestions, runFilter } from '../../../src/runs/facts/index.js';
import { columnsOf } from './columns.js';
import { defaultLayout, layoutOf, type TableLayout } from './layout.js';
import { type ModelRow, runsOf, TableModel } from './model.js';

declare function acquireVsCodeApi(): { postMessage(message: TablePageMessage): void };

const api = acquireVsCodeApi();

export const send = (message: TablePageMessage): void => api.postMessage(message);

/** Layouts change with every letter of the filter. */
const keepMilliseconds = 300;

function settingOf({ settings }: TableRow): (path: string) => unknown {
  return (path) => {
    const json = settings[path];
    return json === undefined ? undefined : JSON.parse(json);
  };
}

export class TableState {
  readonly #model = new TableModel();
  /** Null until the host has sent them. */
  rows = $state.raw<TableRow[] | null>(null);
  /** By the folder of a run the place of its variant in its study. */
  places = $state.raw<Readonly<Record<string, number>>>({});
  trusted = $state(true);
  layout = $state.raw<TableLayout>(defaultLayout);
  /** Headings that are open. */
  expanded = $state.raw<Record<string, boolean>>({});
  /** Folders of runs. */
  selected = $state.raw<ReadonlySet<string>>(new Set());
  #keeping = 0;

  readonly filtered = $derived.by(() => {
    const fits = runFilter(this.layout.filter, this.layout.archived);
    return (this.rows ?? []).filter((row) => fits(row, settingOf(row)));
  });
  readonly columns = $derived(columnsOf(this.rows ?? [], this.filtered));
  readonly view = $derived(this.#model.view(this.filtered, this.columns, this.layout, this.expanded));
  /** Selected runs that are shown, in the order of the rows. */
  readonly chosen = $derived(this.filtered.filter(({ directory }) => this.selected.has(directory)));
  readonly suggestions: FilterSuggestion[] = $derived(filterSuggestions(this.rows ?? []));

  /** @returns how to stop it */
  start(): () => void {
    const take = ({ data }: MessageEvent<TableHostMessage>) => this.#take(data);
    addEventListener('message', take);
    send({ type: 'ready' });
    return () => {
      removeEventListener('message', take);
      clearTimeout(this.#keeping);
    };
  }

  #take(message: TableHostMessage): void {
    if (message.type === 'rows') {
      const arrived = performance.now();
      const isFirst = this.rows === null;
      if (isFirst) this.layout = layoutOf(message.layout);
      this.trusted = message.trusted;
      this.rows = message.all;
      if (isFirst) this.#reportPainting(message.all.length, arrived);
    } else if (message.type === 'places') {
      this.places = message.places;
    } else {
      const changed = new Map(message.changed.map((row) => [row.directory, row]));
      const removed = new Set(message.removed);
      const kept = (this.rows ?? []).flatMap((row) => {
        const next = changed.get(row.directory) ?? row;
        changed.delete(row.directory);
        return removed.has(row.directory) ? [] : [next];
      });
      this.rows = [...kept, ...changed.values()];
    }
  }

  #reportPainting(rows: number, arrived: number): void {
    requestAnimationFrame(() =>
      setTimeout(() => send({ type: 'painted', rows, milliseconds: performance.now() - arrived })),
    );
  }

  /** Looks at the table otherwise from now on, also the next time. */
  arrange(change: Partial<TableLayout>): void {
    this.layout = { ...this.layout, ...change };
    clearTimeout(this.#keeping);
    this.#keeping = window.setTimeout(
      () => send({ type: 'layout', layout: untrack(() => this.layout) }),
      keepMilliseconds,
    );
  }

  /** Ascending, descending, not at all; `also` keeps the other columns that rows are ordered by. */
  sort(id: string, also: boolean): void {
    const { sorting } = this.layout;
    const now = sorting.find((one) => one.id === id);
    const next = now === undefined ? [{ id, desc: false }] : now.desc ? [] : [{ id, desc: true }];
    const isAlone = sorting.length === 1;
    if (!also) this.arrange({ sorting: now && !isAlone ? [{ id, desc: false }] : next });
    else if (now) this.arrange({ sorting: sorting.flatMap((one) => (one === now ? next : [one])) });
    else this.arrange({ sorting: [...sorting, ...next] });
  }

  resize(id: string, width: number): void {
    this.arrange({ widths: { ...this.layout.widths, [id]: Math.round(width) } });
  }

  /** Puts a column before another one. */
  move(id: string, before: string | null): void {
    const ids = this.view.columns.map(({ column }) => column.id);
    const hidden = this.columns.map((column) => column.id).filter((one) => !ids.includes(one));
    const others = ids.filter((one) => one !== id);
    const place = before === null ? others.length : others.indexOf(before);
    this.arrange({ order: [...others.slice(0, place), id, ...others.slice(place), ...hidden] });
  }

  /** Puts a column so many places to the right, or to the left. */
  shift(id: string, places: number): void {
    const ids = this.view.columns.map(({ column }) => column.id);
    const others = ids.filter((one) => one !== id);
    const place = Math.max(0, Math.min(others.length, ids.indexOf(id) + places));
    this.move(id, others[place] ?? null);
  }

  toggle(row: ModelRow): void {
    this.expanded = { ...this.expanded, [row.id]: !row.getIsExpanded() };
  }

  select(rows: readonly ModelRow[], how: 'only' | 'add' | 'toggle'): void {
    const directories = rows.flatMap(runsOf).map(({ directory }) => directory);
    const next = new Set(how === 'only' ? [] : this.selected);
    const removes = how === 'toggle' && directories.every((directory) => next.has(directory));
    for (const directory of directories) {
      if (removes) next.delete(directory);
      else next.add(directory);
    }
    this.selected = next;
  }

  selectAll(): void {
    this.selected = new Set(this.filtered.map(({ directory }) => directory));
  }

  run(command: TableCommand, rows: readonly TableRow[] = this.chosen): void {
    send({ type: 'command', command, runs: rows.map(({ directory }) => directory) });
  }

  /** The selected runs, or all that are shown, with the table as it is seen. */
  export(): void {
    const { rows, columns } = this.view;
    const wanted = this.chosen.length > 0 ? this.selected : null;
    // A run below an open heading is in both rows.
    const all = new Map(rows.flatMap(runsOf).map((row) => [row.directory, row]));
    const runs = [...all.values()].filter(({ directory }) => wanted?.has(directory) ?? true);
    send({
      type: 'export',
      runs: runs.map(({ directory }) => directory),
      table: {
        columns: columns.map(({ column }) => column.title),
        rows: runs.map((row) =>
          columns.map(({ column }) => (column.figure ? (column.value(row) ?? null) : column.text(row))),
        ),
      },
    });
  }
}

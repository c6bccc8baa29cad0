/** The columns of the table: fixed ones, two for each score, one for each setting in which the shown runs differ. */
import type { EditableField, TableRow } from '../../../src/contract/index.js';
import {
  dayOf,
  formatDuration,
  formatNumber,
  oneLine,
  type RowScore,
  stateText,
} from '../../../src/runs/facts/index.js';
import { t } from '../lib/l10n.js';

export interface RunColumn {
  id: string;
  title: string;
  /** The title in the head of the column, where it has two parts: below one another. */
  head?: readonly [above: string, below: string];
  /** By which rows are ordered and grouped; undefined where a run has none. */
  value(row: TableRow): string | number | undefined;
  /** What the cell says. */
  text(row: TableRow): string;
  /** What rows are grouped by, as it is read, where their values themselves are all different. */
  group?(row: TableRow): string;
  /** Width that it begins with, in CSS pixels. */
  width: number;
  /** Whether it is seen before anything was chosen. */
  shown: boolean;
  /** Figures stand to the right; of these a group's row gives mean and deviation. */
  figure?: (value: number) => string;
  /** The unit of `figure`, written once. */
  unit?: string;
  right?: boolean;
  editable?: EditableField;
}

const dates = new Intl.DateTimeFormat(globalThis.document?.documentElement.lang || 'en', {
  dateStyle: 'short',
  timeStyle: 'short',
});

const missing = '–';
const longestCell = 300;

type Simple = Omit<RunColumn, 'text'> & { text?: RunColumn['text'] };

function column({ text, ...rest }: Simple): RunColumn {
  return { text: text ?? ((row) => oneLine(String(rest.value(row) ?? missing), longestCell)), ...rest };
}

function fixedColumns(): RunColumn[] {
  return [
    column({
      id: 'state',
      title: t('State'),
      width: 96,
      shown: true,
      value: ({ state }) => stateText(state),
    }),
    column({
      id: 'pinned',
      title: t('Pin'),
      width: 68,
      shown: true,
      value: ({ pinned }) => (pinned ? 1 : 0),
      text: ({ pinned }) => (pinned ? '★' : ''),
    }),
    column({
      id: 'name',
      title: t('Name'),
      width: 190,
      shown: true,
      value: ({ name }) => name,
      editable: 'name',
    }),
    column({
      id: 'study',
      title: t('Study'),
      width: 130,
      shown: true,
      value: ({ study }) => study ?? undefined,
      // Its id without the time of its beginning, which every one of them begins with.
      text: ({ study }) => study?.replace(/^\d{8}-\d{6}-/, '') ?? missing,
    }),
    column({
      id: 'variant',
      title: t('Variant'),
      width: 100,
      shown: true,
      value: ({ variant }) => variant ?? undefined,
    }),
    column({ id: 'seed', title: t('Seed'), width: 64, shown: true, right: true, value: ({ seed }) => seed }),
    column({ id: 'method', title: t('Method'), width: 84, shown: true, value: ({ method }) => method }),
    column({
      id: 'tags',
      title: t('Tags'),
      width: 130,
      shown: true,
      editable: 'tags',
      value: ({ tags }) => tags.join(', ') || undefined,
      text: ({ tags }) => tags.join(', '),
    }),
    column({
      id: 'notes',
      title: t('Notes'),
      width: 160,
      shown: true,
      editable: 'notes',
      value: ({ notes }) => notes || undefined,
      text: ({ notes }) => oneLine(notes, longestCell),
    }),
    column({
      id: 'created',
      title: t('Created'),
      width: 152,
      shown: true,
      value: ({ created }) => created,
      text: ({ created }) => (Number.isFinite(created) ? dates.format(created) : missing),
      group: ({ created }) => (Number.isFinite(created) ? dayOf(created) : missing),
    }),
    column({
      id: 'duration',
      title: t('Duration'),
      width: 150,
      shown: true,
      right: true,
      value: ({ duration }) => duration ?? undefined,
      text: ({ duration }) => formatDuration(duration),
      figure: formatDuration,
    }),
    column({
      id: 'step',
      title: t('Step'),
      width: 92,
      shown: true,
      right: true,
      value: ({ step }) => step,
      text: ({ step, totalSteps }) => (totalSteps > 0 ? `${step} / ${totalSteps}` : String(step)),
      figure: (value) => formatNumber(value, 0),
    }),
    column({
      id: 'experiment',
      title: t('Experiment'),
      width: 150,
      shown: false,
      value: ({ experiment }) => experiment,
    }),
    column({ id: 'engine', title: t('Engine'), width: 90, shown: false, value: ({ engine }) => engine }),
    column({ id: 'id', title: t('Id'), width: 230, shown: false, value: ({ id }) => id }),
  ];
}

const points = (fraction: number) => formatNumber(100 * fraction, 1);

function scoreColumns(name: string): RunColumn[] {
  const cut = name.lastIndexOf(' ');
  const [benchmark, score] = [name.slice(0, cut), name.slice(cut + 1)];
  const kinds: {
    kind: 'last' | 'best';
    title: string;
    below: string;
    error: (score: RowScore) => number | null;
  }[] = [
    {
      kind: 'last',
      title: t('{0} last', name),
      below: t('{0} last', score),
      error: ({ lastError }) => lastError,
    },
    {
      kind: 'best',
      title: t('{0} best', name),
      below: t('{0} best', score),
      error: ({ bestError }) => bestError,
    },
  ];
  return kinds.map(({ kind, title, below, error }) => ({
    id: `score ${name} ${kind}`,
    title,
    head: [benchmark, below] as const,
    width: 150,
    shown: name.endsWith(' pass@1'),
    right: true,
    unit: ' %',
    figure: points,
    value: ({ scores }) => scores[name]?.[kind],
    text: ({ scores }) => {
      const score = scores[name];
      if (!score) return missing;
      const se = error(score);
      return `${points(score[kind])}${se === null ? '' : ` ± ${points(se)}`} %`;
    },
  }));
}

/** The method has a column of its own. */
const ownColumn = 'method.name';

/** Settings in which the rows are not all the same, in the order in which they first appear. */
function differingPaths(rows: readonly TableRow[]): string[] {
  const [first] = rows;
  if (!first) return [];
  const paths = new Set(rows.flatMap(({ settings }) => Object.keys(settings)));
  paths.delete(ownColumn);
  return [...paths].filter((path) => rows.some(({ settings }) => settings[path] !== first.settings[path]));
}

function settingColumns(paths: readonly string[]): RunColumn[] {
  return paths.map((path) => {
    const cut = path.lastIndexOf('.');
    return column({
      id: `setting ${path}`,
      title: path,
      ...(cut < 0 ? {} : { head: [path.slice(0, cut), path.slice(cut + 1)] as const }),
      width: 120,
      shown: true,
      value: ({ settings }) => settingValue(settings[path]),
      text: ({ settings }) => oneLine(settingText(settings[path]), longestCell),
    });
  });
}

/** Numbers are ordered as such, everything else as it is written. */
function settingValue(json: string | undefined): string | number | undefined {
  if (json === undefined) return undefined;
  const value: unknown = JSON.parse(json);
  return typeof value === 'number' || typeof value === 'string' ? value : json;
}

/** Null is a value; a setting that the run does not have is absent. */
function settingText(json: string | undefined): string {
  return json === undefined ? t('absent') : String(settingValue(json));
}

/** @param all decides which scores there are @param shown which settings are worth a column */
export function columnsOf(all: readonly TableRow[], shown: readonly TableRow[]): RunColumn[] {
  const names = new Set<string>();
  for (const { scores } of all) for (const name of Object.keys(scores)) names.add(name);
  return [...fixedColumns(), ...[...names].flatMap(scoreColumns), ...settingColumns(differingPaths(shown))];
}

/** Keeps a report below 10 MB, whatever it is about, and says what it leaves out. Pure. */
import type { Chart, Curve, CurvePoint, ReportDocument } from './document.js';

/** Curves of a chart, rows and columns of a table, findings, texts to repeat it: more are not read. */
const mostCurves = 60;
const mostRows = 1000;
const mostColumns = 60;
const mostSentences = 100;
const mostTexts = 60;

/** Points of all charts together. */
const mostPoints = 100_000;

/** The document with what a file of that size can hold; what was left out is in its notes. */
export function thinDocument(document: ReportDocument): ReportDocument {
  const notes: string[] = [];
  const first = <Item>(items: readonly Item[], most: number, what: string): readonly Item[] => {
    if (items.length <= most) return items;
    const note = `Of ${items.length} ${what} the first ${most} are here.`;
    if (!notes.includes(note)) notes.push(note);
    return items.slice(0, most);
  };
  const tables = document.tables.map(({ title, table }) => {
    const columns = first(table.columns, mostColumns, `columns of "${title}"`);
    const rows = first(table.rows, mostRows, `rows of "${title}"`);
    return { title, table: { columns, rows: rows.map((row) => row.slice(0, columns.length)) } };
  });
  const charts = document.charts.map((chart) => ({
    ...chart,
    curves: first(chart.curves, mostCurves, 'curves of a chart'),
  }));
  return {
    ...document,
    sentences: first(document.sentences, mostSentences, 'findings'),
    tables,
    charts: fewerPoints(charts, notes),
    repeat: first(document.repeat, mostTexts, 'texts to repeat it'),
    notes: [...document.notes, ...notes],
  };
}

function fewerPoints(charts: readonly Chart[], notes: string[]): Chart[] {
  const curves = charts.flatMap((chart) => chart.curves);
  const count = curves.reduce((sum, { points }) => sum + points.length, 0);
  if (count <= mostPoints) return [...charts];
  const most = Math.floor(mostPoints / curves.length);
  notes.push(`Curves are thinned to ${most} points, each the mean of its neighbours.`);
  return charts.map((chart) => ({
    ...chart,
    curves: chart.curves.map((curve): Curve => ({ ...curve, points: merged(curve.points, most) })),
  }));
}

function merged(points: readonly CurvePoint[], most: number): CurvePoint[] {
  const size = Math.ceil(points.length / most);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, place): CurvePoint => {
    const part = points.slice(place * size, (place + 1) * size);
    const banded = part.filter(({ low, high }) => low !== undefined && high !== undefined);
    return {
      x: part.at(-1)?.x ?? 0,
      y: mean(part.map(({ y }) => y)),
      n: Math.max(...part.map(({ n }) => n)),
      ...(banded.length > 0 && {
        low: mean(banded.map(({ low = 0 }) => low)),
        high: mean(banded.map(({ high = 0 }) => high)),
      }),
    };
  });
}

/** The numbers of a chart as a table: one row for each x, unthinned. Pure. */
import type { Table } from '../../export/index.js';
import type { WholeCurves } from './curves.js';

const cell = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

export function curveTable({ x, variants }: WholeCurves, axis: string): Table {
  const columns = [
    axis,
    ...variants.flatMap(({ name, smoothed }) => [
      `${name} n`,
      `${name} mean`,
      ...(smoothed ? [`${name} smoothed`] : []),
      `${name} low`,
      `${name} high`,
    ]),
  ];
  const rows = Array.from(x, (at, place) => [
    at,
    ...variants.flatMap(({ n, mean, smoothed, low, high }) => [
      cell(n[place]),
      cell(mean[place]),
      ...(smoothed ? [cell(smoothed[place])] : []),
      cell(low[place]),
      cell(high[place]),
    ]),
  ]);
  return { columns, rows };
}

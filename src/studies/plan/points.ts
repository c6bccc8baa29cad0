/** The runs of a study: every variant at every point of the grid with every seed. Pure. */
import { type Experiment, formatPath, parsePath } from '../../experiment/index.js';
import type { Study } from './schema.js';

/** Values of the grid's settings, by their dotted paths. */
export type GridPoint = Readonly<Record<string, unknown>>;

/** A variant at a point of the grid: what is the same for all seeds. */
export interface Arm {
  /** Unique in its study: the variant's name, and the grid's values where there is a grid. */
  name: string;
  variant: string;
  point: GridPoint;
  /** Dotted path and value of each setting that differs from the experiment, the grid's last. */
  settings: readonly (readonly [path: string, value: unknown])[];
}

/** An arm with its experiment: seed 0, paths absolute, defaults filled in. */
export interface PlannedArm extends Arm {
  experiment: Experiment;
}

/** One run of a study. */
export interface StudyRunKey {
  variant: string;
  point: GridPoint;
  seed: number;
}

export function seedsOf({ seeds }: Pick<Study, 'seeds'>): number[] {
  return typeof seeds === 'number' ? Array.from({ length: seeds }, (_, seed) => seed) : [...seeds];
}

/** Points of the grid, the first setting slowest; one without settings when there is no grid. */
function gridPoints(grid: Study['grid']): GridPoint[] {
  let points: GridPoint[] = [{}];
  for (const [path, values] of Object.entries(grid)) {
    points = points.flatMap((point) => values.map((value) => ({ ...point, [path]: value })));
  }
  return points;
}

/** How many runs there are, without listing them. */
export function runCount({ variants, grid, seeds }: Pick<Study, 'variants' | 'grid' | 'seeds'>): number {
  const points = Object.values(grid).reduce((product, values) => product * values.length, 1);
  return Object.keys(variants).length * points * (typeof seeds === 'number' ? seeds : seeds.length);
}

/** In the order of the file: variants first, each with its points. */
export function armsOf({ variants, grid }: Pick<Study, 'variants' | 'grid'>): Arm[] {
  const points = gridPoints(grid);
  return Object.entries(variants).flatMap(([variant, settings]) =>
    points.map((point) => ({
      name: armName(variant, point, Object.keys(grid)),
      variant,
      point,
      settings: [...Object.entries(settings), ...Object.entries(point)],
    })),
  );
}

/** `g2rl`, or with a grid `g2rl learningRate=0.0002`; paths are whole where their last parts are not unique. */
export function armName(variant: string, point: GridPoint, paths = Object.keys(point)): string {
  const last = (path: string) => String(parsePath(path).at(-1));
  const lasts = paths.map(last);
  const isUnique = new Set(lasts).size === lasts.length;
  const settings = Object.entries(point).map(
    ([path, value]) =>
      `${isUnique ? last(path) : path}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [variant, ...settings].join(' ');
}

/** The same text for the same run, however its point was written. */
export function keyOf({ variant, point, seed }: StudyRunKey): string {
  const settings = Object.entries(point).map(
    ([path, value]) => [formatPath(parsePath(path)), value] as const,
  );
  settings.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([variant, settings, seed]);
}

import { describe, expect, it } from 'vitest';
import { SeriesColumns } from '../../../src/series/columns.js';
import {
  experimentHover,
  experimentLenses,
  experimentStatus,
  panelOffset,
  runsOfExperiment,
} from '../../../src/views/experiment-panel.js';
import { downsample, sparkBlocks, sparklineSvg } from '../../../src/views/sparkline.js';
import { linesOf, type RunOptions, runOf } from './fixtures.js';

const at = (options: RunOptions = {}) => ({ directory: `/runs/${options.id ?? 'a'}`, view: runOf(options) });
function sketch(steps: number): SeriesColumns {
  const columns = new SeriesColumns();
  columns.append(linesOf(steps));
  return columns;
}
const commands = (runs: ReturnType<typeof at>[], trusted = true) =>
  experimentLenses(runs, trusted).map((lens) => [lens.command, lens.run]);

describe('the inline panel', () => {
  it('stands on the line of "name", whatever is around it', () => {
    const text = '// first\n{\n  // why\n  "seed": 1, "task": {"name": "countdown"},\n  "name": "x" }';
    expect(text.slice(panelOffset(text))).toMatch(/^"x"/);
    expect(panelOffset('  { "seed": 1')).toBe(2);
    expect(panelOffset('')).toBe(0);
  });

  it('offers Start without a run, and Stop instead while one is alive', () => {
    expect(commands([])).toEqual([
      ['g2rl.startTraining', null],
      ['g2rl.startWithChanges', null],
    ]);
    expect(commands([at()])).toEqual([
      ['g2rl.stopTraining', '/runs/a'],
      ['g2rl.startWithChanges', null],
      ['g2rl.openDashboard', '/runs/a'],
      ['g2rl.openDashboard', '/runs/a'],
    ]);
    expect(experimentLenses([at()], true).at(-1)?.title).toBe('pass@1 52.3 % (+12.3)');
    expect(commands([at({ state: 'finished', benchmarks: [] })])).toEqual([
      ['g2rl.startTraining', null],
      ['g2rl.startWithChanges', null],
      ['g2rl.openDashboard', '/runs/a'],
    ]);
  });

  it('offers a Stop for each of several', () => {
    expect(
      commands([at({ id: 'b' }), at({ id: 'a' })]).filter(([command]) => command === 'g2rl.stopTraining'),
    ).toEqual([
      ['g2rl.stopTraining', '/runs/b'],
      ['g2rl.stopTraining', '/runs/a'],
    ]);
  });

  it('only looks in an untrusted workspace', () => {
    const lenses = commands([at()], false).map(([command]) => command);
    expect(lenses).toContain('workbench.trust.manage');
    expect(lenses).toContain('g2rl.openDashboard');
    expect(lenses).not.toContain('g2rl.startTraining');
    expect(lenses).not.toContain('g2rl.stopTraining');
  });

  it('matches runs to their file, newest first', () => {
    const mine = at({ id: 'a', createdAt: '2026-01-01T00:00:00Z', pinned: true });
    const newer = at({ id: 'b', createdAt: '2026-01-02T00:00:00Z' });
    const other = at({ id: 'c', experimentFile: '/home/me/other.g2rl.json' });
    const none = at({ id: 'd', experimentFile: null });
    expect(runsOfExperiment([mine, other, newer, none], '/home/me/a.g2rl.json')).toEqual([newer, mine]);
  });

  it('shows the moving status at the end of the line', () => {
    expect(experimentStatus([])).toBe('');
    expect(experimentStatus([at()])).toBe(
      '● 34/200 · reward −0.160 · train 42.0 % · pass@1 52.3 % (+12.3) · 3 min 03 s left',
    );
    expect(experimentStatus([at({ state: 'stopped' })])).toMatch(/^○ stopped at 34\/200/);
  });

  it('draws three sparklines and the scores on hover', () => {
    const hover = experimentHover(at(), sketch(34), Date.parse('2026-01-02T03:07:05.000Z'));
    expect(hover.match(/data:image\/svg\+xml;base64,/g)).toHaveLength(3);
    expect(hover).toContain('3 min ago');
    expect(hover).toContain('Mean similarity');
    expect(hover).not.toMatch(/command:|<svg/);
  });

  it('says so while there is nothing to draw', () => {
    expect(experimentHover(at({ steps: 0, benchmarks: [] }), sketch(0), 0)).toContain(
      'No step is finished yet.',
    );
  });
});

describe('sparklines', () => {
  const options = { width: 100, height: 30, color: '#888888' };

  it('keeps the outline of a long series', () => {
    const values = Array.from({ length: 10_000 }, () => 0);
    values[4321] = 7;
    values[7000] = -3;
    const points = downsample(values, 50);
    expect(points.length).toBeLessThanOrEqual(100);
    expect(Math.max(...points.map((point) => point.y))).toBe(7);
    expect(Math.min(...points.map((point) => point.y))).toBe(-3);
    expect(points.map((point) => point.x)).toEqual(points.map((point) => point.x).sort((a, b) => a - b));
  });

  it('draws low values low and high values high, inside the picture', () => {
    const svg = sparklineSvg([0, 1, 0.5], options)!;
    const points = /points="([^"]+)"/
      .exec(svg)![1]!
      .split(' ')
      .map((pair) => pair.split(',').map(Number));
    expect(points).toEqual([
      [3, 27],
      [50, 3],
      [97, 15],
    ]);
  });

  it('copes with flat, single, missing and no values', () => {
    expect(sparklineSvg([2, 2, 2], options)).toContain(',15.0');
    expect(sparklineSvg([1], options)).not.toContain('NaN');
    expect(sparklineSvg([Number.NaN, 1, Number.POSITIVE_INFINITY], options)).not.toMatch(/NaN|Infinity/);
    expect(sparklineSvg([], options)).toBeNull();
    expect(sparklineSvg([Number.NaN], options)).toBeNull();
  });

  it('has a text form', () => {
    expect(sparkBlocks([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
    expect(sparkBlocks([])).toBe('');
    expect(sparkBlocks(Array.from({ length: 100 }, (_, index) => index))).toHaveLength(24);
  });
});

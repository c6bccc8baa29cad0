import { describe, expect, it } from 'vitest';
import type { ReportDocument } from '../../../src/reports/document.js';
import { renderHtml } from '../../../src/reports/html.js';
import { chartSvg } from '../../../src/reports/svg.js';
import { curveBand, thinned } from '../../../src/statistics/curves.js';

const hostile = '</pre><script>alert(1)</script><img src=x onerror="alert(2)">\u202egnp';

const document: ReportDocument = {
  title: hostile,
  facts: [hostile],
  sentences: [hostile],
  notes: [hostile],
  tables: [{ title: hostile, table: { columns: [hostile], rows: [[hostile], [null], [3]] } }],
  charts: [
    {
      title: hostile,
      xLabel: hostile,
      yLabel: hostile,
      curves: [
        {
          name: hostile,
          points: [
            { x: 0, y: 1, n: 3 },
            { x: 1, y: 2, low: 1, high: 3, n: 2 },
          ],
        },
      ],
    },
  ],
  groups: [
    {
      title: hostile,
      prompt: hostile,
      responses: [{ text: hostile, reward: 1, exploration: 0.5, scaler: 1.25 }],
      similarity: [[1]],
    },
  ],
  repeat: [{ title: hostile, text: hostile }],
};

describe('a report', () => {
  const html = renderHtml(document);

  it('shows texts as texts: nothing in it runs, loads or turns the writing around', () => {
    expect(html).not.toMatch(/<script|<img|onerror="/);
    expect(html.match(/&lt;script&gt;alert\(1\)/g)!.length).toBeGreaterThan(8);
    expect(html).not.toContain('\u202e');
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/https?:\/\//);
  });

  it('says how many runs are behind a curve, and where they end', () => {
    expect(html).toContain('(n = 3, 2 at the end)');
  });
});

describe('a chart', () => {
  const base = { title: 'Reward', xLabel: 'step', yLabel: '' };

  it('is nothing without points, and drawn with a single one', () => {
    expect(chartSvg({ ...base, curves: [{ name: 'a', points: [] }] })).toBe('');
    expect(chartSvg({ ...base, curves: [{ name: 'a', points: [{ x: 5, y: 0, n: 1 }] }] })).toContain(
      '<circle',
    );
  });

  it('has finite places whatever its values are', () => {
    for (const y of [0, 1e-12, -1e9, 1e300]) {
      const svg = chartSvg({
        ...base,
        curves: [
          {
            name: 'a',
            points: [
              { x: 0, y, n: 1 },
              { x: 1, y: 2 * y + 1, n: 1 },
            ],
          },
        ],
      });
      expect(svg).not.toMatch(/NaN|Infinity/);
      expect(svg.length).toBeLessThan(5000);
    }
  });
});

describe('curves of several seeds', () => {
  it('are one with a spread, and with fewer of them where some end early', () => {
    const band = curveBand([
      [
        { x: 1, y: 2 },
        { x: 2, y: 4 },
      ],
      [{ x: 1, y: 4 }],
    ]);
    expect(band).toEqual([
      { x: 1, n: 2, mean: 3, sd: Math.SQRT2, min: 2, max: 4 },
      { x: 2, n: 1, mean: 4, sd: null, min: 4, max: 4 },
    ]);
  });

  it('are thinned in the same portions', () => {
    const curve = Array.from({ length: 10 }, (_, x) => ({ x, y: x }));
    expect(thinned(curve, 4)).toEqual([
      { x: 2, y: 1 },
      { x: 5, y: 4 },
      { x: 8, y: 7 },
      { x: 9, y: 9 },
    ]);
    expect(thinned(curve, 10)).toEqual(curve);
  });
});

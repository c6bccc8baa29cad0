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

describe('a report of thousands of runs', () => {
  const names = Array.from({ length: 5000 }, (_, place) => `run ${place}`);
  const points = Array.from({ length: 400 }, (_, x) => ({ x, y: x, low: x - 1, high: x + 1, n: 2 }));
  const html = renderHtml({
    ...document,
    sentences: names,
    tables: [
      { title: 'Settings', table: { columns: names, rows: names.map(() => names) } },
      { title: 'Scores', table: { columns: ['run', 'score'], rows: names.map((name) => [name, 0.5]) } },
    ],
    charts: Array.from({ length: 10 }, () => ({
      title: 'Reward',
      xLabel: 'step',
      yLabel: '',
      curves: names.map((name) => ({ name, points })),
    })),
    repeat: names.map((title) => ({ title, text: 'x'.repeat(3000) })),
  });

  it('stays small enough to send, and says what it leaves out', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(10e6);
    for (const note of [
      'Of 5000 curves of a chart the first 60 are here.',
      'Of 5000 columns of &quot;Settings&quot; the first 60 are here.',
      'Of 5000 rows of &quot;Scores&quot; the first 1000 are here.',
      'Of 5000 findings the first 100 are here.',
      'Of 5000 texts to repeat it the first 60 are here.',
      'Curves are thinned to 166 points, each the mean of its neighbours.',
    ])
      expect(html).toContain(note);
  });

  it('is whole where it is small', () => {
    expect(renderHtml(document)).not.toMatch(/the first \d+ are here|are thinned/);
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

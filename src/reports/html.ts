/** A report as one HTML file: no script, nothing from outside, light and dark. */
import type { Table } from '../export/index.js';
import type { Chart, ReportDocument, ReportedGroup } from './document.js';
import { escapeHtml } from './escape.js';
import { chartSvg, heatmapSvg, strokeSvg } from './svg.js';
import { thinDocument } from './thin.js';

/** Nothing is loaded and nothing runs, whatever a text holds. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const style = `
:root { color-scheme: light dark; --text: #1f2328; --muted: #59636e; --back: #fff; --line: #d1d9e0; --shade: #f6f8fa;
  --c0: #0969da; --c1: #bc4c00; --c2: #1a7f37; --c3: #8250df; --c4: #bf3989; --c5: #4d2d00; --c6: #0550ae; --c7: #57606a;
  --positive: #bc4c00; --negative: #0969da; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --muted: #9198a1; --back: #0d1117; --line: #3d444d;
  --shade: #151b23; --c0: #58a6ff; --c1: #f0883e; --c2: #56d364; --c3: #bc8cff; --c4: #f778ba; --c5: #e3b341;
  --c6: #a5d6ff; --c7: #b1bac4; --positive: #f0883e; --negative: #58a6ff; } }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem; font: 15px/1.55 system-ui, sans-serif;
  color: var(--text); background: var(--back); }
h1 { font-size: 1.6rem; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
.facts, .note, figcaption { color: var(--muted); font-size: .9em; } .facts p, .note { margin: .15rem 0; }
.finding { font-size: 1.1rem; margin: .75rem 0; padding: .75rem 1rem; background: var(--shade); border-left: 4px solid var(--c0); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; display: block; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; margin: .25rem 0; list-style: none; font-size: .9em; }
.legend svg { display: inline-block; width: 32px; height: 8px; margin-right: .4rem; }
.line { fill: none; stroke-width: 2; } .grid { stroke: var(--line); stroke-width: .5; }
.tick, .label { fill: var(--muted); font-size: 11px; } .band { stroke: none; fill-opacity: .16; }
${Array.from({ length: 8 }, (_, i) => `.line.c${i} { stroke: var(--c${i}); } .band.c${i}, .mark.c${i} { fill: var(--c${i}); }`).join('\n')}
.positive { fill: var(--positive); } .negative { fill: var(--negative); }
.heatmap { width: 224px; flex: none; border: 1px solid var(--line); } .group { display: flex; flex-wrap: wrap; gap: 1.25rem; }
.responses { flex: 1 1 20rem; min-width: 0; } pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .25rem 0;
  padding: .5rem .75rem; background: var(--shade); font-size: .85em; unicode-bidi: isolate; }
details > summary { cursor: pointer; }
@media print { details { display: none; } }
`;

/** The whole file. */
export function renderHtml(document: ReportDocument): string {
  const { title, facts, sentences, notes, tables, charts, groups, repeat } = thinDocument(document);
  const sections = [
    section('', [
      ...sentences.map((sentence) => `<p class="finding">${escapeHtml(sentence)}</p>`),
      ...notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
    ]),
    section(
      'Figures',
      tables.map(({ title: name, table }) => `<h3>${escapeHtml(name)}</h3>${tableHtml(name, table)}`),
    ),
    section('Curves', charts.map(chartHtml)),
    section('Groups', groups.map(groupHtml)),
    section(
      'To repeat it',
      repeat.map(
        ({ title: name, text }) =>
          `<details><summary>${escapeHtml(name)}</summary><pre>${escapeHtml(text)}</pre></details>`,
      ),
    ),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<div class="facts">${facts.map((fact) => `<p>${escapeHtml(fact)}</p>`).join('')}</div>
${sections.filter(Boolean).join('\n')}
</main>
</body>
</html>
`;
}

function section(title: string, parts: readonly string[]): string {
  if (parts.length === 0) return '';
  return `<section>${title === '' ? '' : `<h2>${escapeHtml(title)}</h2>`}${parts.join('\n')}</section>`;
}

function tableHtml(title: string, { columns, rows }: Table): string {
  const row = (cells: readonly (string | number | null)[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(String(cell ?? '–'))}</${tag}>`).join('')}</tr>`;
  // Wider than the page it is scrolled, which takes the focus of the keyboard.
  return `<div class="scroll" role="region" aria-label="${escapeHtml(title)}" tabindex="0"><table><thead>${row(columns, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`;
}

function chartHtml(chart: Chart): string {
  const drawing = chartSvg(chart);
  if (drawing === '') return '';
  const legend = chart.curves
    .map(({ name, points }, place) => {
      const most = Math.max(0, ...points.map(({ n }) => n));
      const last = points.at(-1)?.n ?? 0;
      const count = last < most ? `n = ${most}, ${last} at the end` : `n = ${most}`;
      return `<li>${strokeSvg(place)}${escapeHtml(name)} (${count})</li>`;
    })
    .join('');
  return `<figure><h3>${escapeHtml(chart.title)}</h3><ul class="legend">${legend}</ul>${drawing}</figure>`;
}

function groupHtml({ title, prompt, responses, similarity }: ReportedGroup): string {
  const list = responses
    .map(
      ({ text, reward, exploration, scaler }, place) =>
        `<p class="note">${place + 1}: reward ${shown(reward)}, ν ${shown(exploration)}, scaler ${shown(scaler)}</p><pre>${escapeHtml(text)}</pre>`,
    )
    .join('');
  const heatmap = `<figure>${heatmapSvg(similarity, `Overlaps of the responses: ${title}`)}<figcaption>S of each pair</figcaption></figure>`;
  return `<h3>${escapeHtml(title)}</h3><pre>${escapeHtml(prompt)}</pre><div class="group">${heatmap}<div class="responses">${list}</div></div>`;
}

const shown = (value: number): string => String(Number(value.toPrecision(3)));

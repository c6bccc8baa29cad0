/** `g2rl report`: a study, or runs, as one HTML file. */
import { resolve } from 'node:path';
import { renderHtml, runsDocument, studyDocument } from '../reports/index.js';
import { formatBytes } from '../runs/facts/index.js';
import { atomicWrite } from '../runs/protocol/index.js';
import { findRun } from '../runs/read/index.js';
import { findStudy, studiesDirectoryOf, studyOf } from '../studies/folder/index.js';
import { runsDirectory } from './context.js';

export interface ReportOptions {
  html: string;
  runs?: string;
}

export async function report(queries: string[], options: ReportOptions): Promise<number> {
  const root = runsDirectory(options.runs);
  const [first] = queries;
  const studies = studiesDirectoryOf(root);
  const isStudy =
    queries.length === 1 &&
    first !== undefined &&
    (/\.g2rl-study\.jsonc?$/.test(first) || (await studyOf(studies, first)) !== null);
  const document = isStudy
    ? await studyDocument(await findStudy(studies, first))
    : await runsDocument(await Promise.all(queries.map((query) => findRun(root, query))));
  const file = resolve(options.html);
  const html = renderHtml(document);
  atomicWrite(file, html);
  process.stdout.write(`${file}: ${formatBytes(Buffer.byteLength(html))}\n`);
  return 0;
}

/** `g2rl export`: metrics, groups and scores of runs as CSV or parquet. */
import { join } from 'node:path';
import { type ExportedRecords, type ExportFormat, exportedRecords, exportRecords } from '../export/index.js';
import { findRun } from '../runs/read/index.js';
import { runsDirectory } from './context.js';

export interface ExportOptions {
  runs?: string;
  format: ExportFormat;
  only?: ExportedRecords;
  output: string;
  json?: boolean;
}

export async function exportRuns(queries: string[], options: ExportOptions): Promise<number> {
  const root = runsDirectory(options.runs);
  const runs = await Promise.all(queries.map((query) => findRun(root, query)));
  const files = [];
  for (const records of options.only ? [options.only] : exportedRecords) {
    const file = join(options.output, `${records}.${options.format}`);
    const exported = await exportRecords({ runs, records, format: options.format, file });
    files.push(exported);
    if (!options.json)
      process.stdout.write(`${exported.file}: ${exported.rows.toLocaleString('en-US')} rows\n`);
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ files })}\n`);
  return 0;
}

/** `g2rl import-results`: scores and responses that other programs computed, added to a run. */
import { resolve } from 'node:path';
import { importResults } from '../actions/results/index.js';
import { findRun } from '../runs/read/index.js';
import type { AnswerKind } from '../tasks/index.js';
import { runsDirectory } from './context.js';
import { scoreTable } from './tables.js';

export interface ImportOptions {
  run: string;
  step: number;
  benchmark?: string;
  file?: string;
  problem?: string;
  answer?: string;
  kind?: AnswerKind;
  runs?: string;
  json?: boolean;
}

export async function importFiles(files: readonly string[], options: ImportOptions): Promise<number> {
  const { step, benchmark, file, problem, answer, kind, json } = options;
  const directory = await findRun(runsDirectory(options.runs), options.run);
  const isNamed = benchmark !== undefined || file !== undefined;
  const records = await importResults(directory, {
    files,
    step,
    ...(benchmark !== undefined && { benchmark }),
    problems: isNamed ? { name: benchmark, file: file && resolve(file), problem, answer } : null,
    kind: kind ?? null,
  });
  const sources = records.map(({ benchmark: name, source }) => `${name} from ${source}`);
  const text = `${scoreTable(records)}\n\n${sources.join('\n')}\nIn ${directory}`;
  process.stdout.write(`${json ? JSON.stringify(records) : text}\n`);
  return 0;
}

/** `g2rl merge`: adapters and their base as one policy folder. */
import { resolve } from 'node:path';
import { mergeAdapters } from '../actions/index.js';
import { hostOf } from './context.js';
import { interruptedExitCode, terminal } from './terminal.js';

export interface MergeOptions {
  output: string;
  json?: boolean;
}

export async function merge(folder: string, options: MergeOptions): Promise<number> {
  const request = { folder: resolve(folder), output: resolve(options.output) };
  const result = await mergeAdapters(request, hostOf({}), terminal);
  if (!result) return interruptedExitCode;
  const text = options.json
    ? JSON.stringify(result)
    : `${result.base} with its adapters is in ${result.directory}`;
  process.stdout.write(`${text}\n`);
  return 0;
}

/** `g2rl evaluate` and `g2rl pretrain`: work that the engine does in a process of its own and ends with a result. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { asOneProcess } from '../engines/torch/plan/index.js';
import { parseOverride, withOverride } from '../experiment/index.js';
import { type BenchmarkRecord, readManifest, type TorchPlace } from '../runs/protocol/index.js';
import { CommandError, torchPackage, trainerPath } from './context.js';
import { decimal } from './numbers.js';
import { scoreTable } from './tables.js';
import { pythonFor } from './torch.js';

export interface EvaluateOptions {
  benchmark?: string;
  file?: string;
  problem?: string;
  answer?: string;
  choices?: string;
  samples?: number;
  limit?: number;
  temperature?: number;
  maxNewTokens?: number;
  seed: number;
  threads: number;
  python?: string;
  json?: boolean;
}

export async function evaluate(folder: string, options: EvaluateOptions): Promise<number> {
  const { json, threads, benchmark: name, file, python: chosen, ...settings } = options;
  if (!existsSync(folder)) {
    throw new CommandError(`There is no folder ${resolve(folder)}.`, 'Name a checkpoint or a model folder.');
  }
  const torch = await torchOf(folder, chosen);
  const result = await runJob('evaluate', {
    ...(torch && { torch }),
    folder: resolve(folder),
    threads,
    samplesFolder: resolve('.g2rl'),
    benchmark: { name, ...(file !== undefined && { file: resolve(file) }), ...settings },
  });
  const record = result as BenchmarkRecord;
  const kept = record.samples_file === undefined ? '' : `\nResponses: ${record.samples_file}`;
  process.stdout.write(`${json ? JSON.stringify(record) : `${scoreTable([record])}${kept}`}\n`);
  return 0;
}

/** The torch engine's place for a checkpoint of one of its runs; undefined for all others. */
async function torchOf(folder: string, option: string | undefined): Promise<TorchPlace | undefined> {
  const run = resolve(folder, '..', '..');
  const manifest = await readManifest(run).catch(() => null);
  if (manifest?.engine !== 'torch') return undefined;
  const python = await pythonFor(asOneProcess(manifest.experiment), option);
  return { python, packageFolder: torchPackage };
}

export interface PretrainOptions {
  config?: string;
  output: string;
  set?: string[];
  json?: boolean;
}

export async function pretrain(options: PretrainOptions): Promise<number> {
  let set: unknown = {};
  for (const entry of options.set ?? []) set = withOverride(set, parseOverride(entry));
  const result = await runJob('pretrain', {
    config: options.config === undefined ? null : resolve(options.config),
    output: resolve(options.output),
    set,
  });
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${formatResult(result)}\nThe policy is in ${resolve(options.output)}\n`);
  return 0;
}

function formatResult(result: object): string {
  return Object.entries(result)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('\n');
}

/** Ctrl-C reaches the engine too, as it is in the same process group; what it says last is its result. */
async function runJob(kind: 'evaluate' | 'pretrain', request: object): Promise<object> {
  if (!existsSync(trainerPath)) {
    throw new CommandError(`The trainer is missing: ${trainerPath}.`, 'Build it: npm run build:node');
  }
  const child = spawn(process.execPath, [trainerPath, kind, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let lastLine = '';
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.trim() !== '') lastLine = line;
  });
  createInterface({ input: child.stderr }).on('line', showProgress);
  const code = await new Promise<number | null>((ended, fail) => {
    child.once('error', fail);
    child.once('close', ended);
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  const result = parseResult(lastLine);
  if (result && 'error' in result) {
    throw new CommandError(String(result.error), 'hint' in result ? String(result.hint) : '');
  }
  if (!result || code !== 0) {
    throw new CommandError(`The engine ended with code ${code} and no result.`, 'See its messages above.');
  }
  return result;
}

function parseResult(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** Progress comes as JSON, `{"done":3,"total":200}` or `{"step":3,"total":200,"loss":1.2}`; the rest is for people. */
function showProgress(line: string): void {
  const value = parseResult(line) as {
    done?: unknown;
    step?: unknown;
    total?: unknown;
    loss?: unknown;
  } | null;
  if (!value || typeof value.total !== 'number') {
    process.stderr.write(`${line}\n`);
    return;
  }
  const loss = typeof value.loss === 'number' ? `  loss ${decimal(value.loss, 4)}` : '';
  const text = `${value.done ?? value.step}/${value.total}${loss}`;
  process.stderr.write(process.stderr.isTTY ? `\r${text}\u001b[K` : `${text}\n`);
}

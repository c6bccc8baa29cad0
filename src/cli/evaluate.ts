/** `g2rl evaluate` and `g2rl pretrain`: jobs of the engine, in their own process, that end with a result. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { evaluateCheckpoint, pretrainPolicy } from '../actions/index.js';
import { parseOverride, type RequestedDevice, shippedPolicies, withOverride } from '../experiment/index.js';
import { hostOf } from './context.js';
import { scoreTable } from './tables.js';
import { interruptedExitCode, terminal } from './terminal.js';

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
  embeddingModel?: string;
  threads: number;
  device: RequestedDevice;
  python?: string;
  json?: boolean;
}

export async function evaluate(folder: string, options: EvaluateOptions): Promise<number> {
  const { json, threads, device, benchmark: name, file, embeddingModel, python: _, ...settings } = options;
  const benchmark = { name, ...(file !== undefined && { file: resolve(file) }), ...settings };
  const host = hostOf(options);
  const request = {
    folder,
    threads,
    device,
    samplesFolder: resolve('.g2rl'),
    benchmark,
    ...(embeddingModel !== undefined && {
      embeddingModel: embeddingModelOf(embeddingModel, host.mediaDirectory),
    }),
  };
  const record = await evaluateCheckpoint(request, host, terminal);
  if (!record) return interruptedExitCode;
  const kept = record.samples_file === undefined ? '' : `\nResponses: ${record.samples_file}`;
  process.stdout.write(`${json ? JSON.stringify(record) : `${scoreTable([record])}${kept}`}\n`);
  return 0;
}

/** As an experiment names it: a shipped policy, a folder, which takes precedence over a model of the hub, or that. */
export function embeddingModelOf(model: string, mediaDirectory: string): string {
  if (shippedPolicies(mediaDirectory).includes(model)) return join(mediaDirectory, 'policies', model);
  return existsSync(model) ? resolve(model) : model;
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
  const output = resolve(options.output);
  const config = options.config === undefined ? null : resolve(options.config);
  const result = await pretrainPolicy({ config, output, set }, hostOf({}), terminal);
  if (!result) return interruptedExitCode;
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else process.stdout.write(`${formatResult(result)}\nThe policy is in ${output}\n`);
  return 0;
}

function formatResult(result: object): string {
  return Object.entries(result)
    .map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('\n');
}

/** The trainer process: `run <JSON>`, `evaluate <JSON>`, `pretrain <JSON>` or `merge <JSON>`, with a request of engines/contract. */
import { resolve } from 'node:path';
import { type Engine, parseRequest, runRequestSchema } from '../engines/contract/index.js';
import { TorchEngine } from '../engines/torch/run/index.js';
import { errorText } from '../errors.js';
import type { RunManifest, TorchPlace } from '../runs/protocol/index.js';
import { EmbeddedThread } from './embedded-thread.js';
import { evaluate, merge, pretrain } from './job.js';
import { superviseRun } from './run.js';

const usageExitCode = 2;

const engineOf =
  (torch: TorchPlace | undefined) =>
  (manifest: RunManifest): Engine =>
    manifest.engine === 'torch' ? new TorchEngine(torch) : new EmbeddedThread();

/** Without a directory there is nowhere to record what is wrong with the request: it goes to the log. */
function run(text: string): Promise<number> {
  const { directory, torch, device } = parseRequest(runRequestSchema, text);
  return superviseRun(resolve(directory), engineOf(torch), device, torch);
}

async function main(): Promise<number> {
  const [kind, request] = process.argv.slice(2);
  const work = new Map([
    ['run', run],
    ['evaluate', evaluate],
    ['pretrain', pretrain],
    ['merge', merge],
  ]).get(kind ?? '');
  if (!work || request === undefined) {
    process.stderr.write('Usage: trainer run <JSON> | evaluate <JSON> | pretrain <JSON> | merge <JSON>\n');
    return usageExitCode;
  }
  return work(request);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(usageExitCode);
  },
);

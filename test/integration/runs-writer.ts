/**
 * A trainer without an engine: it writes a run directory through RunWriter at a steady pace and obeys requests
 * and signals, so that launching, watching and stopping are tested with real processes.
 * The environment says how it misbehaves: TEST_STEP_MS, TEST_IGNORE (deaf to requests and signals), TEST_FAIL.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRequest, runRequestSchema } from '../../src/engines/contract/requests.js';
import { processStartTime } from '../../src/runs/protocol/process.js';
import type { RunManifest, RunStatus } from '../../src/runs/protocol/schema.js';
import { RUN_SCHEMA_VERSION } from '../../src/runs/protocol/version.js';
import { RunWriter } from '../../src/runs/write/writer.js';
import { benchmarkRecord, groupRecord, stepMetrics } from '../unit/runs/records.js';

const [, , mode, request = ''] = process.argv;
if (mode !== 'run') throw new Error('usage: run <JSON>');
const { directory } = parseRequest(runRequestSchema, request);
const writer = new RunWriter(directory);
const manifest = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunManifest;
const stepMilliseconds = Number(process.env.TEST_STEP_MS ?? 20);
const isDeaf = process.env.TEST_IGNORE === '1';

let status: RunStatus = {
  schema: RUN_SCHEMA_VERSION,
  state: 'starting',
  pid: process.pid,
  processStart: processStartTime(process.pid) ?? '',
  heartbeat: new Date().toISOString(),
  startedAt: new Date().toISOString(),
  step: 0,
  totalSteps: manifest.experiment.optimization.steps,
  tokens: 0,
  secondsPerStep: stepMilliseconds / 1000,
  evaluation: null,
  checkpointStep: null,
  error: null,
};

function write(change: Partial<RunStatus>): void {
  status = { ...status, ...change, heartbeat: new Date().toISOString() };
  writer.writeStatus(status);
}

function end(change: Partial<RunStatus>, code: number): never {
  write(change);
  process.exit(code);
}

let isAsked = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    isAsked = !isDeaf;
  });
}

process.stdout.write('writer: started\n');
writer.repairTails();
write({});
writer.appendBenchmark(benchmarkRecord(0, 0.3));
write({ state: 'running' });
if (process.env.TEST_FAIL === '1') {
  end({ state: 'failed', error: { message: 'The policy burst.', hint: 'Glue it.' } }, 1);
}
setInterval(() => {
  if (!isDeaf && (isAsked || writer.readStopRequest())) {
    writer.clearStopRequest();
    end({ state: 'stopped' }, 0);
  }
  const step = status.step + 1;
  writer.appendMetrics(stepMetrics(step));
  writer.appendGroups([groupRecord(step, 0), groupRecord(step, 1)]);
  write({ step });
  if (step < status.totalSteps) return;
  writer.appendBenchmark(benchmarkRecord(step, 0.5));
  end({ state: 'finished' }, 0);
}, stepMilliseconds);

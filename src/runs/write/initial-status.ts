/** The first status of a run's process. */
import { hostname } from 'node:os';
import { processStartTime, RUN_SCHEMA_VERSION, type RunStatus } from '../protocol/index.js';

export function initialStatus(): RunStatus {
  const startedAt = new Date().toISOString();
  return {
    schema: RUN_SCHEMA_VERSION,
    state: 'starting',
    host: hostname(),
    pid: process.pid,
    processStart: processStartTime(process.pid) ?? '',
    heartbeat: startedAt,
    startedAt,
    step: 0,
    totalSteps: 0,
    tokens: 0,
    secondsPerStep: null,
    evaluation: null,
    checkpointStep: null,
    error: null,
  };
}

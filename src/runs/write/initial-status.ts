/** The first status of a run's process. */
import { ownIdentity, RUN_SCHEMA_VERSION, type RunStatus } from '../protocol/index.js';

export function initialStatus(): RunStatus {
  const startedAt = new Date().toISOString();
  return {
    schema: RUN_SCHEMA_VERSION,
    state: 'starting',
    ...ownIdentity(),
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

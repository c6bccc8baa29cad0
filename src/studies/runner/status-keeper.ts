/** Owns `status.json` of a study for the life of its runner. */
import { join } from 'node:path';
import { reasonOf } from '../../errors.js';
import { atomicWriteJson, ownIdentity } from '../../runs/protocol/index.js';
import {
  STUDY_FOLDER_SCHEMA_VERSION,
  type StudyState,
  type StudyStatus,
  studyFiles,
} from '../folder/index.js';

const heartbeatMilliseconds = 1000;

export class StudyStatusKeeper {
  #status: StudyStatus;
  readonly #timer: NodeJS.Timeout;
  #hasEnded = false;

  constructor(
    private readonly directory: string,
    private readonly log: (line: string) => void,
  ) {
    const startedAt = new Date().toISOString();
    this.#status = {
      schema: STUDY_FOLDER_SCHEMA_VERSION,
      state: 'running',
      ...ownIdentity(),
      heartbeat: startedAt,
      startedAt,
      totalSteps: 0,
      step: 0,
      failed: 0,
      error: null,
    };
    this.#write();
    this.#timer = setInterval(() => this.#write(), heartbeatMilliseconds);
  }

  /** The next heartbeat writes it, a change of state at once. */
  change(change: Partial<StudyStatus>): void {
    const isUrgent = change.state !== undefined && change.state !== this.#status.state;
    const counts = ['totalSteps', 'step', 'failed'] as const;
    const hasCounted = counts.some(
      (name) => change[name] !== undefined && change[name] !== this.#status[name],
    );
    this.#status = { ...this.#status, ...change };
    if (isUrgent || hasCounted) this.#write();
  }

  /** Writes the final status; nothing is written after it. */
  end(state: StudyState, error: StudyStatus['error']): StudyState {
    clearInterval(this.#timer);
    this.change({ state, error });
    this.#write();
    this.#hasEnded = true;
    this.log(error ? `${state}: ${error.message} ${error.hint}` : state);
    return state;
  }

  #write(): void {
    if (this.#hasEnded) return;
    try {
      this.#status.heartbeat = new Date().toISOString();
      atomicWriteJson(join(this.directory, studyFiles.status), this.#status);
    } catch (error) {
      // A full disk: the runs report it where people see it.
      this.log(`status.json: ${reasonOf(error)}`);
    }
  }
}

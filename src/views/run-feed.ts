/**
 * What one webview is told of one run: a snapshot when it says it is ready, afterwards only what changed,
 * gathered for at least a frame, and nothing while it is hidden. Pure: the webview is a function that posts.
 */

import { type HostMessage, MESSAGE_PROTOCOL, type WebviewMessage } from '../contract/index.js';
import type { ProblemOverview, RunView } from '../runs/facts/index.js';
import type { EvaluatedProblem, GroupRecord, RolloutRecord } from '../runs/protocol/index.js';
import { Throttle } from './throttle.js';

/** A run that can be watched. The series only ever grow, except that a `reset` starts them anew. */
export interface WatchedRun extends RunView {
  readonly directory: string;
  readonly groupSteps: readonly number[];
  groups(step: number): Promise<GroupRecord[]>;
  rollouts(step: number): Promise<RolloutRecord[]>;
  evaluation(step: number, benchmark: string): Promise<ProblemOverview[]>;
  problem(step: number, benchmark: string, id: string): Promise<EvaluatedProblem | null>;
  onChange(listener: (change: RunChange) => void): { dispose(): void };
}

/**
 * What changed. `metrics`, `benchmarks` and `groupSteps` carry the new records; a record whose step is known
 * replaces it. `reset` means that the series must be read again.
 */
export type RunChange =
  | { kind: 'summary' }
  | { kind: 'metrics'; metrics: RunView['metrics'] }
  | { kind: 'benchmarks'; benchmarks: RunView['benchmarks'] }
  | { kind: 'groupSteps'; steps: readonly number[] }
  | { kind: 'reset' }
  | { kind: 'deleted' };

/** One display frame at 60 Hz. */
const FRAME_MILLISECONDS = 16;

/** What a page asks of its run. */
export type RunQuestion = Extract<
  WebviewMessage,
  { type: 'getGroups' | 'getRollouts' | 'getEvaluation' | 'getProblem' }
>;

async function attempt<T>(read: () => Promise<T>, otherwise: T): Promise<{ value: T; error: string | null }> {
  try {
    return { value: await read(), error: null };
  } catch (reason) {
    return { value: otherwise, error: reason instanceof Error ? reason.message : String(reason) };
  }
}

export class RunFeed {
  readonly #throttle: Throttle;
  readonly #subscription: { dispose(): void };
  #live = false;
  #deleted = false;
  #disposed = false;
  #summaryChanged = false;
  #metrics: RunView['metrics'][number][] = [];
  #benchmarks: RunView['benchmarks'][number][] = [];
  #groupSteps: number[] = [];

  constructor(
    private readonly run: WatchedRun,
    private readonly post: (message: HostMessage) => void,
    private readonly isTrusted: () => boolean,
  ) {
    this.#throttle = new Throttle(FRAME_MILLISECONDS, () => this.#flush());
    this.#subscription = run.onChange((change) => this.#collect(change));
  }

  /** The page is loaded, or loaded again: it knows nothing yet. */
  ready(): void {
    this.#live = true;
    this.#clear();
    this.post({
      type: 'snapshot',
      protocol: MESSAGE_PROTOCOL,
      run: this.run.summary,
      metrics: [...this.run.metrics],
      benchmarks: [...this.run.benchmarks],
      groupSteps: [...this.run.groupSteps],
      trusted: this.isTrusted(),
    });
    if (this.#deleted) this.post({ type: 'deleted' });
  }

  /** A hidden page is torn down by the editor; it says `ready` when it is shown again. */
  hidden(): void {
    this.#live = false;
    this.#clear();
  }

  /** Sends everything again, for a page that is live: the trust or the series changed as a whole. */
  refresh(): void {
    if (this.#live) this.ready();
  }

  /** Reads what a page asked for. What cannot be read is answered with the reason. */
  async answer(message: RunQuestion): Promise<void> {
    const answer = await this.#answerTo(message);
    if (this.#live && !this.#disposed) this.post(answer);
  }

  async #answerTo(message: RunQuestion): Promise<HostMessage> {
    const { request, step } = message;
    switch (message.type) {
      case 'getGroups':
        return { type: 'groups', request, step, groups: await this.run.groups(step) };
      case 'getRollouts': {
        const { value, error } = await attempt(() => this.run.rollouts(step), []);
        return { type: 'rollouts', request, step, rollouts: value, error };
      }
      case 'getEvaluation': {
        const { benchmark } = message;
        const { value, error } = await attempt(() => this.run.evaluation(step, benchmark), []);
        return { type: 'evaluation', request, step, benchmark, problems: value, error };
      }
      case 'getProblem': {
        const read = () => this.run.problem(step, message.benchmark, message.id);
        const { value, error } = await attempt(read, null);
        return { type: 'problem', request, problem: value, error };
      }
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#live = false;
    this.#throttle.dispose();
    this.#subscription.dispose();
  }

  #collect(change: RunChange): void {
    if (change.kind === 'deleted') {
      this.#deleted = true;
      if (this.#live) this.post({ type: 'deleted' });
      return;
    }
    if (!this.#live) return;
    if (change.kind === 'reset') {
      this.ready();
      return;
    }
    if (change.kind === 'summary') this.#summaryChanged = true;
    else if (change.kind === 'metrics') this.#metrics.push(...change.metrics);
    else if (change.kind === 'benchmarks') this.#benchmarks.push(...change.benchmarks);
    else this.#groupSteps.push(...change.steps);
    this.#throttle.request();
  }

  #flush(): void {
    if (!this.#live) return;
    if (this.#metrics.length > 0) this.post({ type: 'metrics', metrics: this.#metrics });
    if (this.#groupSteps.length > 0) this.post({ type: 'groupSteps', steps: this.#groupSteps });
    if (this.#benchmarks.length > 0) this.post({ type: 'benchmarks', benchmarks: this.#benchmarks });
    if (this.#summaryChanged) this.post({ type: 'run', run: this.run.summary });
    this.#clear();
  }

  #clear(): void {
    this.#summaryChanged = false;
    this.#metrics = [];
    this.#benchmarks = [];
    this.#groupSteps = [];
  }
}

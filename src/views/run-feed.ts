/**
 * What one webview learns of one run: a snapshot when it says it is ready, afterwards what the run's reader reports as
 * changed (of the series only what it can go on with), and replies to its questions; nothing while it is hidden. Pure: the webview is a function that posts.
 */

import {
  anotherRun,
  failureOf,
  type HostMessage,
  MESSAGE_PROTOCOL,
  type SeriesFacts,
} from '../contract/index.js';
import { rangesOf } from '../runs/facts/index.js';
import type { RunDelta, RunWatcher } from '../runs/read/index.js';

/** A run that is watched. Its series only ever grow, except that a `reset` starts them again. */
export type WatchedRun = Pick<
  RunWatcher,
  | 'directory'
  | 'summary'
  | 'newest'
  | 'columns'
  | 'series'
  | 'sketch'
  | 'benchmarks'
  | 'groupSteps'
  | 'groups'
  | 'rollouts'
  | 'findResponses'
  | 'evaluation'
  | 'problem'
  | 'findProblems'
  | 'onChange'
>;

/** New steps that are sent as they are; of more a page asks what it can draw. */
const mostNewSteps = 200;

type Reply = Extract<HostMessage, { type: 'answer' | 'failure' }>;

/** @typeParam Question what a page may ask; every question has one reply, unless its page is gone by then */
export class RunFeed<Question extends { id: number }> {
  readonly #subscription: { dispose(): void };
  /** Questions without a reply. A page that is loaded again counts its own from 0, so they are held as objects. */
  readonly #open = new Set<Question>();
  /** The newest step that the page knows of. */
  #lastStep = Number.NEGATIVE_INFINITY;
  #live = false;
  #deleted = false;

  constructor(
    private readonly run: WatchedRun,
    private readonly answer: (question: Question) => Promise<Reply>,
    private readonly post: (message: HostMessage) => void,
    private readonly isTrusted: () => boolean,
  ) {
    this.#subscription = run.onChange((change) => this.#report(change));
  }

  /** The page is loaded, or loaded again: it knows nothing yet, and waits for nothing. */
  ready(): void {
    this.#open.clear();
    this.#live = true;
    this.refresh();
    // The last line of another program's log need not have the names that its steps have.
    if (this.run.summary.manifest.imported && this.run.columns.length === 0) void this.#readNames();
  }

  async #readNames(): Promise<void> {
    // What fails is reported where the page asks for the values.
    await this.run.series().catch(() => {});
    if (this.#live) this.post({ type: 'series', series: this.#series() });
  }

  /** A hidden page is torn down by the editor; it says `ready` when it is shown again. */
  hidden(): void {
    this.#live = false;
    this.#open.clear();
  }

  /** Sends everything again, for a page that is live: the trust or the series changed as a whole. */
  refresh(): void {
    if (!this.#live) return;
    const { summary, benchmarks, groupSteps } = this.run;
    this.post({
      type: 'snapshot',
      protocol: MESSAGE_PROTOCOL,
      run: summary,
      series: this.#series(),
      benchmarks,
      groupSteps: rangesOf(groupSteps),
      trusted: this.isTrusted(),
    });
    if (this.#deleted) this.post({ type: 'deleted' });
  }

  /** Replies to a question of the page. */
  async reply(question: Question): Promise<void> {
    if (!this.#live) return;
    this.#open.add(question);
    const reply = await this.answer(question);
    if (this.#open.delete(question)) this.post(reply);
  }

  /** The page shows another run, or is gone. */
  dispose(): void {
    for (const { id } of this.#open) this.post(failureOf(id, anotherRun()));
    this.hidden();
    this.#subscription.dispose();
  }

  #series(): SeriesFacts {
    const { columns, newest } = this.run;
    this.#lastStep = Math.max(columns.column('step')?.at(-1) ?? 0, newest?.step ?? 0);
    // Before they are read, the newest line knows most of the names.
    const names = columns.length > 0 ? columns.names : namesOf(newest ?? {});
    return { version: columns.version, newest, names };
  }

  #added(steps: readonly number[]): HostMessage {
    const { columns } = this.run;
    const isAfter = steps.every((step, index) => step > (steps[index - 1] ?? this.#lastStep));
    const metrics = isAfter && steps.length <= mostNewSteps ? steps.map((step) => columns.record(step)) : [];
    const found = metrics.filter((record) => record !== null);
    if (found.length === 0 || found.length < metrics.length)
      return { type: 'series', series: this.#series() };
    this.#lastStep = steps.at(-1) ?? this.#lastStep;
    return { type: 'metrics', metrics: found, version: columns.version };
  }

  #report(change: RunDelta): void {
    if (change.kind === 'deleted') this.#deleted = true;
    if (!this.#live) return;
    switch (change.kind) {
      case 'reset':
        this.refresh();
        break;
      case 'summary':
        this.post({ type: 'run', changes: change.changes });
        break;
      case 'metrics':
        this.post(this.#added(change.steps));
        break;
      case 'benchmarks':
        this.post({ type: 'benchmarks', benchmarks: change.benchmarks });
        break;
      case 'groupSteps':
        this.post({ type: 'groupSteps', steps: rangesOf(change.steps) });
        break;
      case 'deleted':
        this.post({ type: 'deleted' });
        break;
    }
  }
}

function namesOf(record: object): string[] {
  return Object.entries(record).flatMap(([name, value]) => (typeof value === 'number' ? [name] : []));
}

/**
 * The extension host as a page meets it, in the page itself. All that depends on the form of the messages between the
 * two stands here.
 */
import { vi } from 'vitest';
import { type HostMessage, MESSAGE_PROTOCOL, type WebviewMessage } from '../../src/contract/messages.js';
import type { SetupHostMessage, SetupPageMessage } from '../../src/contract/setup-messages.js';
import type { EnvironmentReport } from '../../src/engines/torch/environment/report.js';
import type { ProblemOverview, RunSummary } from '../../src/runs/facts/run-summary.js';
import type { OtherRun } from '../../src/runs/facts/run-view.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type {
  BenchmarkRecord,
  EvaluatedProblem,
  GroupRecord,
  RolloutRecord,
} from '../../src/runs/protocol/schema.js';
import type { RunState } from '../../webview/src/lib/run.svelte.js';
import { runSummary } from './fixtures.js';

type PageMessage = WebviewMessage | SetupPageMessage;
type Question = Extract<WebviewMessage, { request: number }>;

/** For what a page is about to send, in milliseconds. */
const patience = { timeout: 5000, interval: 10 };

export interface Snapshot {
  run?: RunSummary;
  metrics?: StepMetrics[];
  benchmarks?: BenchmarkRecord[];
  groupSteps?: number[];
  trusted?: boolean;
}

function snapshotMessage(snapshot: Snapshot): HostMessage {
  const nothing = { run: runSummary(), metrics: [], benchmarks: [], groupSteps: [], trusted: true };
  return { type: 'snapshot', protocol: MESSAGE_PROTOCOL, ...nothing, ...snapshot };
}

/** Tells a run to a part that is looked at without its page. */
export function tell(run: RunState, snapshot: Snapshot): void {
  run.receive(snapshotMessage(snapshot));
}

class FakeHost {
  /** All that the page has sent, oldest first. */
  #sent: PageMessage[] = [];
  /** What the page asked the editor to keep. */
  saved: unknown;

  /** What the editor gives a page as `acquireVsCodeApi`. */
  readonly api = {
    // A message between two worlds is a copy: what cannot be copied throws here as it does there.
    postMessage: (message: PageMessage): void => void this.#sent.push(structuredClone(message)),
    getState: (): unknown => this.saved,
    setState: (state: unknown): void => {
      this.saved = structuredClone(state);
    },
  };

  /** A page that has just been opened. */
  reset(): void {
    this.#sent = [];
    this.saved = undefined;
  }

  /** What a person asked for with buttons: `stop`, `resume`; on the setup page `install`, `check`. */
  get commands(): string[] {
    return this.#sent
      .filter(({ type }) => !['ready', 'painted'].includes(type) && !type.startsWith('get'))
      .map((message) => (message.type === 'command' ? message.command : message.type));
  }

  /** Steps whose metrics the page has painted. */
  get painted(): number[] {
    return this.#sent.flatMap((message) => (message.type === 'painted' ? [message.step] : []));
  }

  /** Steps whose groups the page has asked for. */
  get groupsAsked(): number[] {
    return this.#sent.flatMap((message) => (message.type === 'getGroups' ? [message.step] : []));
  }

  /** Whether the newest installation that was asked for does without CUDA. */
  get installsForProcessor(): boolean | undefined {
    return this.#sent.findLast((message) => message.type === 'install')?.cpu;
  }

  async #ready(): Promise<void> {
    await vi.waitUntil(() => this.#sent.some(({ type }) => type === 'ready'), patience);
  }

  async snapshot(snapshot: Snapshot = {}): Promise<void> {
    await this.#ready();
    this.#post(snapshotMessage(snapshot));
  }

  run(run: RunSummary): void {
    this.#post({ type: 'run', run });
  }

  metrics(metrics: StepMetrics[]): void {
    this.#post({ type: 'metrics', metrics });
  }

  benchmarks(benchmarks: BenchmarkRecord[]): void {
    this.#post({ type: 'benchmarks', benchmarks });
  }

  groupSteps(steps: number[]): void {
    this.#post({ type: 'groupSteps', steps });
  }

  deleted(): void {
    this.#post({ type: 'deleted' });
  }

  async noRun(): Promise<void> {
    await this.#ready();
    this.#post({ type: 'none' });
  }

  async answerGroups(step: number, groups: GroupRecord[]): Promise<void> {
    const { request } = await this.#question('getGroups', (asked) => asked.step === step);
    this.#post({ type: 'groups', request, step, groups });
  }

  async answerRollouts(step: number, rollouts: RolloutRecord[]): Promise<void> {
    const { request } = await this.#question('getRollouts', (asked) => asked.step === step);
    this.#post({ type: 'rollouts', request, step, rollouts, error: null });
  }

  async refuseRollouts(step: number, error: string): Promise<void> {
    const { request } = await this.#question('getRollouts', (asked) => asked.step === step);
    this.#post({ type: 'rollouts', request, step, rollouts: [], error });
  }

  async answerEvaluation(problems: ProblemOverview[]): Promise<void> {
    const { request, step, benchmark } = await this.#question('getEvaluation', () => true);
    this.#post({ type: 'evaluation', request, step, benchmark, problems, error: null });
  }

  async refuseEvaluation(error: string): Promise<void> {
    const { request, step, benchmark } = await this.#question('getEvaluation', () => true);
    this.#post({ type: 'evaluation', request, step, benchmark, problems: [], error });
  }

  async answerProblem(problem: EvaluatedProblem): Promise<void> {
    const { request } = await this.#question('getProblem', ({ id }) => id === problem.id);
    this.#post({ type: 'problem', request, problem, error: null });
  }

  async answerOtherRuns(runs: OtherRun[]): Promise<void> {
    await vi.waitUntil(() => this.#sent.some(({ type }) => type === 'getOtherRuns'), patience);
    this.#post({ type: 'otherRuns', runs });
  }

  async environment(report: EnvironmentReport | null, trusted = true): Promise<void> {
    await this.#ready();
    this.#post({ type: 'report', report, trusted });
  }

  installing(running: boolean, lines: string[]): void {
    this.#post({ type: 'installing', running });
    this.#post({ type: 'lines', lines });
  }

  installationFailed(message: string, hint: string): void {
    this.#post({ type: 'failure', failure: { message, hint } });
  }

  /** The newest question of this kind, once it is asked. */
  #question<Type extends Question['type']>(
    type: Type,
    fits: (asked: Extract<Question, { type: Type }>) => boolean,
  ): Promise<Extract<Question, { type: Type }>> {
    const isSuch = (message: PageMessage): message is Extract<Question, { type: Type }> =>
      message.type === type && fits(message as Extract<Question, { type: Type }>);
    return vi.waitUntil(() => this.#sent.findLast(isSuch), patience);
  }

  #post(message: HostMessage | SetupHostMessage): void {
    postMessage(message, '*');
  }
}

export const host = new FakeHost();
Object.assign(globalThis, { acquireVsCodeApi: () => host.api });

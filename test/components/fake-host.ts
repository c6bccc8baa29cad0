/**
 * The extension host as a page meets it, in the page itself. All that depends on the form of the messages between the
 * two stands here.
 */
import { vi } from 'vitest';
import type {
  Compared,
  CompareHostMessage,
  ComparePageMessage,
} from '../../src/contract/compare-messages.js';
import type { JudgedPair, JudgeHostMessage, JudgePageMessage } from '../../src/contract/judge-messages.js';
import {
  type DashboardPlace,
  type HostMessage,
  MESSAGE_PROTOCOL,
  type SeriesFacts,
  type WebviewMessage,
} from '../../src/contract/messages.js';
import type { ArgumentsOf, Questions } from '../../src/contract/questions.js';
import type { SetupHostMessage, SetupPageMessage } from '../../src/contract/setup-messages.js';
import type { TableHostMessage, TablePageMessage, TableRow } from '../../src/contract/table-messages.js';
import type { EnvironmentReport } from '../../src/engines/torch/environment/report.js';
import { rangesOf } from '../../src/runs/facts/merge.js';
import type { OtherRun } from '../../src/runs/facts/run-lists.js';
import type { FoundResponses, ProblemOverview, RunSummary } from '../../src/runs/facts/run-summary.js';
import type { StepMetrics } from '../../src/runs/metrics/metrics.js';
import type {
  BenchmarkRecord,
  EvaluatedProblem,
  GroupRecord,
  RolloutRecord,
} from '../../src/runs/protocol/schema.js';
import { SeriesColumns } from '../../src/series/columns.js';
import { slicesOf } from '../../src/series/slices.js';
import type { RunState } from '../../webview/src/lib/run.svelte.js';
import { runSummary } from './fixtures.js';

type PageMessage =
  | WebviewMessage
  | SetupPageMessage
  | TablePageMessage
  | ComparePageMessage
  | JudgePageMessage;

/** What a comparison answers, by the name of the question. */
export type ComparisonAnswers = Record<string, (args: never) => unknown>;

/** For what a page is about to send, in milliseconds. */
const patience = { timeout: 5000, interval: 10 };

export interface Snapshot {
  run?: RunSummary;
  metrics?: readonly StepMetrics[];
  benchmarks?: BenchmarkRecord[];
  groupSteps?: number[];
  trusted?: boolean;
}

/** The series of the run that is shown: the host has them, the page gets what it can draw. */
const columns = new SeriesColumns();

function seriesFacts(newest: StepMetrics | undefined): SeriesFacts {
  return { version: columns.version, newest: newest ?? null, names: columns.names };
}

function snapshotMessage({ metrics = [], groupSteps = [], ...snapshot }: Snapshot): HostMessage {
  columns.reset();
  columns.append(metrics);
  const nothing = { run: runSummary(), benchmarks: [], trusted: true };
  const series = seriesFacts(metrics.at(-1));
  return {
    type: 'snapshot',
    protocol: MESSAGE_PROTOCOL,
    series,
    ...nothing,
    groupSteps: rangesOf(groupSteps),
    ...snapshot,
  };
}

/** Bytes of a message between host and page: arrays of numbers go as they are, the rest as JSON. */
function bytesOf(message: unknown): number {
  let buffers = 0;
  const text = JSON.stringify(message, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    buffers += value.byteLength;
    return null;
  });
  return text.length + buffers;
}

/** Tells a run to a part that is looked at without its page. */
export function tell(run: RunState, snapshot: Snapshot): void {
  run.receive(snapshotMessage(snapshot));
}

class FakeHost {
  /** Bytes that the page was sent. */
  bytes = 0;
  /** All that the page has sent, oldest first. */
  #sent: PageMessage[] = [];
  #answers: ComparisonAnswers = {};
  /** What the page asked the editor to keep. */
  saved: unknown;

  /** What the editor gives a page as `acquireVsCodeApi`. */
  readonly api = {
    // A message between two worlds is a copy: what cannot be copied throws here as it does there.
    postMessage: (message: PageMessage): void => {
      const copy = structuredClone(message);
      this.#sent.push(copy);
      if (copy.type === 'ask' && copy.name === 'slices') this.#answer(copy, slicesOf(columns, copy.args));
      if (message.type !== 'ask') return;
      const answer = this.#answers[message.name];
      if (answer) this.#answer(message, answer(message.args as never));
    },
    getState: (): unknown => this.saved,
    setState: (state: unknown): void => {
      this.saved = structuredClone(state);
    },
  };

  /** A page that has just been opened. */
  reset(): void {
    this.#sent = [];
    this.#answers = {};
    this.bytes = 0;
    this.saved = undefined;
  }

  /** What a person asked for with buttons: `stop`, `resume`; on the setup page `install`, `check`. */
  get commands(): string[] {
    return this.#sent
      .filter(({ type }) => !['ready', 'painted', 'ask', 'state'].includes(type))
      .map((message) => (message.type === 'command' ? message.command : message.type));
  }

  /** Steps whose metrics the page has painted. */
  get painted(): number[] {
    return this.#sent.flatMap((message) =>
      message.type === 'painted' && 'step' in message ? [message.step] : [],
    );
  }

  /** Steps whose groups the page has asked for. */
  get groupsAsked(): number[] {
    return this.#sent.flatMap((message) =>
      message.type === 'ask' && message.name === 'groups' ? [message.args.step] : [],
    );
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
    this.#post({ type: 'run', changes: run });
  }

  metrics(metrics: StepMetrics[]): void {
    const last = columns.column('step')?.at(-1) ?? 0;
    columns.append(metrics);
    const isAfter = metrics.every(({ step }, index) => step > (metrics[index - 1]?.step ?? last));
    const records = metrics.flatMap(({ step }) => columns.record(step) ?? []);
    if (isAfter) this.#post({ type: 'metrics', metrics: records, version: columns.version });
    else this.#post({ type: 'series', series: seriesFacts(metrics.at(-1)) });
  }

  benchmarks(benchmarks: BenchmarkRecord[]): void {
    this.#post({ type: 'benchmarks', benchmarks });
  }

  groupSteps(steps: number[]): void {
    this.#post({ type: 'groupSteps', steps: rangesOf(steps) });
  }

  show(place: DashboardPlace): void {
    this.#post({ type: 'show', place });
  }

  deleted(): void {
    this.#post({ type: 'deleted' });
  }

  beat(): void {
    this.#post({ type: 'beat' });
  }

  /** How often the page has said that it is there. */
  get readies(): number {
    return this.#sent.filter(({ type }) => type === 'ready').length;
  }

  async noRun(): Promise<void> {
    await this.#ready();
    this.#post({ type: 'none' });
  }

  async answerGroups(step: number, groups: GroupRecord[]): Promise<void> {
    this.#answer(await this.#question('groups', (args) => args.step === step), groups);
  }

  async refuseGroups(step: number, message: string, hint: string): Promise<void> {
    this.#refuse(await this.#question('groups', (args) => args.step === step), message, hint);
  }

  async answerRollouts(step: number, groups: RolloutRecord[], more = 0): Promise<void> {
    this.#answer(await this.#question('rollouts', (args) => args.step === step), { groups, more });
  }

  async refuseRollouts(step: number, message: string): Promise<void> {
    this.#refuse(await this.#question('rollouts', (args) => args.step === step), message);
  }

  async answerEvaluation(problems: ProblemOverview[]): Promise<void> {
    this.#answer(await this.#question('evaluation'), problems);
  }

  async refuseEvaluation(message: string): Promise<void> {
    this.#refuse(await this.#question('evaluation'), message);
  }

  async answerProblem(problem: EvaluatedProblem): Promise<void> {
    this.#answer(await this.#question('problem', ({ id }) => id === problem.id), problem);
  }

  async answerProblemSearch(text: string, ids: string[], next: number | null = null): Promise<void> {
    this.#answer(await this.#question('findProblems', (args) => args.text === text), { ids, next });
  }

  async answerResponseSearch(text: string, found: FoundResponses): Promise<void> {
    this.#answer(await this.#question('findResponses', (args) => args.text === text), found);
  }

  /** Where searches for this text were asked to go on from, oldest first. */
  searchesFrom(text: string): number[] {
    return this.#sent.flatMap((message) =>
      message.type === 'ask' && message.name === 'findResponses' && message.args.text === text
        ? [message.args.from]
        : [],
    );
  }

  async answerOtherRuns(runs: OtherRun[]): Promise<void> {
    this.#answer(await this.#question('otherRuns'), runs);
  }

  async answerDefaults(defaults: Record<string, unknown>): Promise<void> {
    this.#answer(await this.#question('defaults'), defaults);
  }

  /** What is compared; questions are answered as soon as they are asked. */
  async compare(compared: Compared, answers: ComparisonAnswers): Promise<void> {
    await this.#ready();
    this.#answers = answers;
    this.#post({ type: 'compared', compared });
  }

  /** Answers questions of these names as soon as they are asked. */
  answerAll(answers: ComparisonAnswers): void {
    this.#answers = answers;
  }

  /** A response that someone wants judged. */
  async tried(pair: JudgedPair): Promise<void> {
    await this.#ready();
    this.#post({ type: 'pair', pair });
  }

  /** The pairs that the page wants to be judged in the playground, oldest first. */
  get triedPairs(): JudgedPair[] {
    return this.#sent.flatMap((message) => (message.type === 'tryJudge' ? [message.pair] : []));
  }

  grown(): void {
    this.#post({ type: 'grown' });
  }

  /** The arguments of all questions of this name, oldest first. */
  asked(name: string): Record<string, unknown>[] {
    return this.#sent.flatMap((message) =>
      message.type === 'ask' && message.name === name ? [message.args as Record<string, unknown>] : [],
    );
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

  async table(all: TableRow[], { layout = null as unknown, trusted = true } = {}): Promise<void> {
    await this.#ready();
    this.#post({ type: 'rows', all, layout, trusted });
  }

  tablePlaces(places: Record<string, number>): void {
    this.#post({ type: 'places', places });
  }

  tableChanges(changed: TableRow[], removed: string[] = []): void {
    this.#post({ type: 'changes', changed, removed });
  }

  /** What the table of runs has sent of a kind, oldest first. */
  fromTable<Type extends TablePageMessage['type']>(type: Type): Extract<TablePageMessage, { type: Type }>[] {
    return this.#sent.filter((message) => message.type === type) as Extract<
      TablePageMessage,
      { type: Type }
    >[];
  }

  /** The newest question of this name, once it is asked. */
  #question<Name extends keyof Questions>(
    name: Name,
    fits: (args: ArgumentsOf<Questions[Name]>) => boolean = () => true,
  ): Promise<{ id: number }> {
    const isSuch = (message: PageMessage) =>
      message.type === 'ask' && message.name === name && fits(message.args as ArgumentsOf<Questions[Name]>);
    return vi.waitUntil(() => this.#sent.findLast(isSuch) as { id: number } | undefined, patience);
  }

  #answer({ id }: { id: number }, answer: unknown): void {
    this.#post({ type: 'answer', id, answer });
  }

  #refuse({ id }: { id: number }, message: string, hint = ''): void {
    this.#post({ type: 'failure', id, error: { message, hint } });
  }

  #post(
    message: HostMessage | SetupHostMessage | TableHostMessage | CompareHostMessage | JudgeHostMessage,
  ): void {
    this.bytes += bytesOf(message);
    postMessage(message, '*');
  }
}

export const host = new FakeHost();
Object.assign(globalThis, { acquireVsCodeApi: () => host.api });

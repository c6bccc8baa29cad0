/** What a page knows of its run, grown by the host's messages. */

import { type HostMessage, MESSAGE_PROTOCOL } from '../../../src/contract/index.js';
import type { OtherRun, RunSummary } from '../../../src/runs/facts/index.js';
import type { StepMetrics } from '../../../src/runs/metrics/index.js';
import type { BenchmarkRecord, GroupRecord, RolloutRecord } from '../../../src/runs/protocol/index.js';
import { send } from './host.js';
import { mergeBySteps } from './series.js';

/** Steps whose groups or texts are held: enough to move back and forth without asking again. */
const heldSteps = 32;

/** A small memory of what was asked for by step. */
class StepCache<Value> {
  entries = $state.raw<ReadonlyMap<number, Value>>(new Map());

  set(step: number, value: Value): void {
    const kept = [...this.entries].filter(([other]) => other !== step).slice(1 - heldSteps);
    this.entries = new Map([...kept, [step, value]]);
  }

  clear(): void {
    this.entries = new Map();
  }
}

function mergeBenchmarks(known: readonly BenchmarkRecord[], added: readonly BenchmarkRecord[]) {
  const key = (record: BenchmarkRecord) => `${record.step} ${record.benchmark}`;
  const byKey = new Map([...known, ...added].map((record) => [key(record), record]));
  return [...byKey.values()].sort((a, b) => a.step - b.step || a.benchmark.localeCompare(b.benchmark));
}

export class RunState {
  summary = $state.raw<RunSummary | null>(null);
  metrics = $state.raw<StepMetrics[]>([]);
  benchmarks = $state.raw<BenchmarkRecord[]>([]);
  groupSteps = $state.raw<number[]>([]);
  trusted = $state(false);
  deleted = $state(false);
  /** True once the host said what there is, even if that is no run. */
  loaded = $state(false);
  readonly groups = new StepCache<GroupRecord[]>();
  readonly rollouts = new StepCache<{ records: RolloutRecord[]; error: string | null }>();
  /** The evaluation whose problems are looked at. */
  evaluation = $state.raw<Extract<HostMessage, { type: 'evaluation' }> | null>(null);
  problem = $state.raw<Extract<HostMessage, { type: 'problem' }> | null>(null);
  otherRuns = $state.raw<OtherRun[]>([]);
  #requests = 0;
  /** Only the answer to the newest question about a problem counts. */
  #problemRequest = -1;
  #asked = new Set<string>();
  /** Newest step of the metrics that have arrived since they were last painted. */
  #unpainted: number | null = null;

  start(): void {
    addEventListener('message', (event: MessageEvent<HostMessage>) => this.receive(event.data));
    send({ type: 'ready', protocol: MESSAGE_PROTOCOL });
  }

  receive(message: HostMessage): void {
    switch (message.type) {
      case 'snapshot':
        this.#asked.clear();
        if (message.run.id !== this.summary?.id) {
          this.groups.clear();
          this.rollouts.clear();
          this.evaluation = null;
          this.problem = null;
        }
        this.summary = message.run;
        this.metrics = message.metrics;
        this.benchmarks = mergeBenchmarks([], message.benchmarks);
        this.groupSteps = message.groupSteps;
        this.trusted = message.trusted;
        this.deleted = false;
        this.loaded = true;
        break;
      case 'run':
        this.summary = message.run;
        break;
      case 'metrics':
        this.metrics = mergeBySteps(this.metrics, message.metrics);
        this.#reportPaint(message.metrics.at(-1)?.step);
        break;
      case 'benchmarks':
        this.benchmarks = mergeBenchmarks(this.benchmarks, message.benchmarks);
        break;
      case 'groupSteps':
        this.groupSteps = [...new Set([...this.groupSteps, ...message.steps])].sort((a, b) => a - b);
        // A resumed run samples steps anew: what was held of them is out of date.
        for (const step of message.steps) this.#asked.delete(`groups ${step}`);
        break;
      case 'groups':
        this.groups.set(message.step, message.groups);
        break;
      case 'rollouts':
        this.rollouts.set(message.step, { records: message.rollouts, error: message.error });
        break;
      case 'evaluation':
        this.evaluation = message;
        break;
      case 'problem':
        if (message.request === this.#problemRequest) this.problem = message;
        break;
      case 'otherRuns':
        this.otherRuns = message.runs;
        break;
      case 'deleted':
        this.deleted = true;
        break;
      case 'none':
        this.summary = null;
        this.metrics = [];
        this.benchmarks = [];
        this.groupSteps = [];
        this.loaded = true;
        break;
    }
  }

  /** Asks for the groups of a step, once. */
  needGroups(step: number): void {
    this.#need('getGroups', `groups ${step}`, step);
  }

  /** Asks for the texts of a step, once. */
  needRollouts(step: number): void {
    this.#need('getRollouts', `rollouts ${step}`, step);
  }

  /** Asks for the problems of an evaluation, anew each time: a resumed one may have more. */
  needEvaluation(step: number, benchmark: string): void {
    send({ type: 'getEvaluation', request: this.#requests++, step, benchmark });
  }

  needProblem(step: number, benchmark: string, id: string): void {
    this.#problemRequest = this.#requests++;
    send({ type: 'getProblem', request: this.#problemRequest, step, benchmark, id });
  }

  needOtherRuns(): void {
    send({ type: 'getOtherRuns' });
  }

  #need(type: 'getGroups' | 'getRollouts', key: string, step: number): void {
    if (this.#asked.has(key)) return;
    // What fell out of the cache may be asked for again.
    if (this.#asked.size > heldSteps) this.#asked.clear();
    this.#asked.add(key);
    send({ type, request: this.#requests++, step });
  }

  /** After the frame that shows the newest metrics: charts draw in the next frame, the task after it follows. */
  #reportPaint(step: number | undefined): void {
    if (step === undefined) return;
    const scheduled = this.#unpainted !== null;
    this.#unpainted = step;
    if (scheduled) return;
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        setTimeout(() => {
          if (this.#unpainted !== null) send({ type: 'painted', step: this.#unpainted, time: Date.now() });
          this.#unpainted = null;
        });
      });
    });
  }
}

/** What a page knows of its run: the host's snapshot, grown by what changes, and what the page asked for. */

import {
  Asker,
  type DashboardPlace,
  type HostMessage,
  MESSAGE_PROTOCOL,
  type Questions,
  type SeriesFacts,
} from '../../../src/contract/index.js';
import { mergeBenchmarks, mergeSteps, type RunSummary, stepsIn } from '../../../src/runs/facts/index.js';
import type { BenchmarkRecord } from '../../../src/runs/protocol/index.js';
import type { StepValues } from '../../../src/series/index.js';
import { ByStep } from './answers.svelte.js';
import { send } from './host.js';

/** Seconds without a word of the host, which sends a beat every `beatMilliseconds`, before it is taken for gone. */
const longestSilence = 6;

/** Steps that are kept for charts which have not drawn them yet. */
const mostAdded = 500;

/** What a page knows of the series; their values each chart asks for. */
export interface KnownSeries {
  version: number;
  /** The version before the steps in `added`, or a later one: what is drawn of an older one is no longer right. */
  base: number;
  /** The steps after it, one version each, as far as they are kept. */
  added: readonly StepValues[];
  /** The newest step. */
  newest: { step: number } | null;
  names: readonly string[];
}

const noSeries: KnownSeries = { version: 0, base: 0, added: [], newest: null, names: [] };

const changedSeries = ({ version, newest, names }: SeriesFacts): KnownSeries => ({
  version,
  base: version,
  added: [],
  newest,
  names,
});

/** The series with further steps at their end. */
function grownSeries(known: KnownSeries, metrics: readonly StepValues[], version: number): KnownSeries {
  const names = new Set(known.names);
  const before = names.size;
  for (const step of metrics) for (const name of Object.keys(step)) names.add(name);
  return {
    version,
    base: known.base,
    added: [...known.added, ...metrics].slice(-mostAdded),
    newest: metrics.at(-1) ?? known.newest,
    names: names.size > before ? [...names] : known.names,
  };
}

export class RunState {
  summary = $state.raw<RunSummary | null>(null);
  series = $state.raw<KnownSeries>(noSeries);
  benchmarks = $state.raw<readonly BenchmarkRecord[]>([]);
  groupSteps = $state.raw<readonly number[]>([]);
  /** How often the host has begun from the start: it no longer answers what was asked before. */
  snapshots = $state(0);
  trusted = $state(false);
  deleted = $state(false);
  /** True once the host said which run there is, even if that is none. */
  loaded = $state(false);
  /** The place that someone wants to see: another object each time. */
  wanted = $state.raw<DashboardPlace | null>(null);
  /** False while the host is silent: what is shown may be old, and nothing that is asked of it happens. */
  connected = $state(true);
  /** Seconds since the host was heard last, in ticks of a timer: a computer that slept has not missed a beat. */
  #silence = 0;
  readonly #asker = new Asker<Questions>(send);
  readonly ask: Asker<Questions>['ask'] = (name, args) => this.#asker.ask(name, args);
  readonly groups = new ByStep((step) => this.ask('groups', { step }), 32);
  /** Of one step up to 32 MiB. */
  readonly rollouts = new ByStep((step) => this.ask('rollouts', { step }), 4);
  /** Newest step of the metrics that have arrived since they were last painted. */
  #unpainted: number | null = null;

  start(): void {
    addEventListener('message', (event: MessageEvent<HostMessage>) => this.receive(event.data));
    setInterval(() => this.tick(), 1000);
    this.#announce();
  }

  /** Each second: too long without a beat, and the host is taken for gone; then it is asked again and again. */
  tick(): void {
    this.#silence++;
    if (this.#silence <= longestSilence) return;
    this.connected = false;
    if (this.#silence % 3 === 0) this.#announce();
  }

  #announce(): void {
    send({ type: 'ready', protocol: MESSAGE_PROTOCOL });
  }

  /** A host that is heard again has changed meanwhile: it is asked for everything. */
  #hear(message: HostMessage): void {
    this.#silence = 0;
    if (this.connected) return;
    this.connected = true;
    if (message.type !== 'snapshot') this.#announce();
  }

  receive(message: HostMessage): void {
    this.#hear(message);
    switch (message.type) {
      case 'snapshot':
        if (message.run.id !== this.summary?.id) this.#leave();
        this.summary = message.run;
        this.series = changedSeries(message.series);
        this.snapshots++;
        this.benchmarks = message.benchmarks;
        this.groups.begin();
        this.rollouts.begin();
        this.groupSteps = stepsIn(message.groupSteps);
        this.trusted = message.trusted;
        this.loaded = true;
        // Said again after this by a host whose run is gone.
        this.deleted = false;
        break;
      case 'run':
        if (this.summary) this.summary = { ...this.summary, ...message.changes };
        break;
      case 'metrics':
        this.series = grownSeries(this.series, message.metrics, message.version);
        this.#reportPaint(message.metrics.at(-1)?.step);
        break;
      case 'series':
        this.series = changedSeries(message.series);
        break;
      case 'benchmarks':
        this.benchmarks = mergeBenchmarks(this.benchmarks, message.benchmarks);
        break;
      case 'groupSteps': {
        const steps = stepsIn(message.steps);
        this.groups.outdated(steps);
        this.rollouts.outdated(steps);
        this.groupSteps = mergeSteps(this.groupSteps, steps);
        break;
      }
      case 'answer':
      case 'failure':
        this.#asker.receive(message);
        break;
      case 'deleted':
        this.deleted = true;
        break;
      case 'show':
        this.wanted = message.place;
        break;
      case 'none':
        this.#leave();
        this.loaded = true;
        break;
    }
  }

  /** Forgets the run that was shown. */
  #leave(): void {
    this.#asker.abandon();
    this.groups.clear();
    this.rollouts.clear();
    this.summary = null;
    this.series = noSeries;
    this.benchmarks = [];
    this.groupSteps = [];
    this.deleted = false;
    this.wanted = null;
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

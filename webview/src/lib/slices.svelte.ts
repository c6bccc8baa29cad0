/** The slices of one chart: what is asked of the host, and what is drawn meanwhile. */
import type { SlicesQuery } from '../../../src/series/index.js';
import type { RunState } from './run.svelte.js';
import { type Drawn, grown, nothingDrawn, type Part, partOf, spliced } from './slices.js';

/** Widths are asked for in steps of so many pixels: a chart that is dragged wider asks seldom. */
const widthStep = 100;

/** What a chart looks at. */
export interface Look {
  metrics: readonly string[];
  /** Those with a moving average over them. */
  averaged: readonly string[];
  smoothing: number;
  /** In pixels. */
  width: number;
  /** First and last step of what is zoomed into; null for all. */
  range: readonly [number, number] | null;
  /** The step under the cursor, or null. */
  step: number | null;
}

const sameLook = (a: SlicesQuery, b: SlicesQuery) =>
  a.smoothing === b.smoothing && `${a.metrics} ${a.averaged}` === `${b.metrics} ${b.averaged}`;
const sameBounds = (a: SlicesQuery, b: SlicesQuery) => a.from === b.from && a.to === b.to;

/** One question after the other: while one is open, only the newest wish is kept. */
class Slot {
  part = $state.raw<Part | null>(null);
  /** The snapshot that the open question came after; null when none is open. */
  #open: number | null = null;
  #next: SlicesQuery | null = null;

  constructor(private readonly run: RunState) {}

  want(query: SlicesQuery): void {
    if (this.#open === this.run.snapshots) this.#next = query;
    else void this.#ask(query);
  }

  async #ask(query: SlicesQuery): Promise<void> {
    const asked = this.run.snapshots;
    this.#open = asked;
    try {
      const slices = await this.run.ask('slices', query);
      if (this.#open === asked) this.part = partOf(query, slices);
    } catch {
      // The page shows another run, or the host will say why it cannot read this one.
    }
    if (this.#open !== asked) return;
    this.#open = null;
    const next = this.#next;
    this.#next = null;
    if (next) void this.#ask(next);
  }

  drop(): void {
    this.part = null;
    this.#next = null;
  }
}

export class ChartSlices {
  readonly #all: Slot;
  readonly #zoomed: Slot;
  readonly #near: Slot;
  #subject = '';
  readonly drawn: Drawn = $derived.by(() => {
    const all = this.#all.part;
    if (!all) return nothingDrawn;
    const fits = (part: Part | null) => (part && sameLook(part.query, all.query) ? part : null);
    return spliced(spliced(all, fits(this.#zoomed.part)), fits(this.#near.part));
  });
  /** How many steps the run has in all. */
  readonly count = $derived.by(() => this.#all.part?.count ?? 0);
  /** Whether nothing has come yet. */
  readonly pending = $derived.by(() => this.#all.part === null);

  constructor(private readonly run: RunState) {
    this.#all = new Slot(run);
    this.#zoomed = new Slot(run);
    this.#near = new Slot(run);
  }

  /** Asks for what is missing. Called again whenever what it reads has changed. */
  look({ metrics, averaged, smoothing, width, range, step }: Look): void {
    const { run } = this;
    const subject = `${run.summary?.id} ${metrics}`;
    if (subject !== this.#subject) for (const slot of [this.#all, this.#zoomed, this.#near]) slot.drop();
    this.#subject = subject;
    if (width === 0) return;
    const rounded = Math.ceil(width / widthStep) * widthStep;
    const query = { metrics, averaged, smoothing, width: rounded, from: null, to: null };
    this.#lookAtAll(query);
    const all = this.#all.part;
    if (!all || all.exact) return;
    if (range) this.#lookAt(this.#zoomed, { ...query, from: range[0], to: range[1] });
    else if (this.#zoomed.part) this.#zoomed.drop();
    if (step !== null && !this.drawn.steps.includes(step)) {
      this.#lookAt(this.#near, { ...query, from: step, to: step });
    }
  }

  #lookAtAll(query: SlicesQuery): void {
    const { part } = this.#all;
    const { version, base, added } = this.run.series;
    const missing = part ? version - part.version : 0;
    const isLong = part && part.steps.length > 3 * query.width * Math.max(1, query.metrics.length);
    const isOld = !part || part.version < base || missing > added.length || isLong;
    if (isOld || !sameLook(part.query, query) || (!part.exact && part.query.width < query.width)) {
      this.#all.want(query);
    } else if (missing > 0) {
      this.#all.part = grown(part, added.slice(-missing), version);
    }
  }

  /** What lies before the newest step stays until the series change as a whole. */
  #lookAt(slot: Slot, query: SlicesQuery): void {
    const { part } = slot;
    const isCurrent =
      part &&
      part.version >= this.run.series.base &&
      sameLook(part.query, query) &&
      sameBounds(part.query, query) &&
      part.query.width >= query.width;
    if (!isCurrent) slot.want(query);
  }
}

/** Which step and group of a run is looked at: one choice for all tabs. */
import type { GroupRecord } from '../../../src/runs/protocol/index.js';
import type { RunState } from './run.svelte.js';

export class Selection {
  /** The step somebody chose, or null while following the newest. */
  chosen = $state<number | null>(null);
  group = $state(0);
  readonly #run: RunState;

  constructor(run: RunState, chosen: number | null) {
    this.#run = run;
    this.chosen = chosen;
  }

  /** The chosen step; a step that has no groups gives way to the nearest one before it. */
  get step(): number | null {
    const steps = this.#run.groupSteps;
    const { chosen } = this;
    if (chosen === null) return steps.at(-1) ?? null;
    return steps.findLast((step) => step <= chosen) ?? steps[0] ?? null;
  }

  /**
   * Groups of the step. While a newer step is on its way the one before it stays: the picture does not blink.
   */
  get groups(): GroupRecord[] {
    const { step } = this;
    const held = this.#run.groups.entries;
    if (step === null) return [];
    const exact = held.get(step);
    if (exact) return exact;
    if (this.chosen !== null) return [];
    const newest = Math.max(...held.keys());
    return held.get(newest) ?? [];
  }

  get current(): GroupRecord | null {
    return this.groups.find((group) => group.group === this.group) ?? this.groups[0] ?? null;
  }
}

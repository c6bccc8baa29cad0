/** Which step and group of a run is looked at: one choice for all tabs. */
import type { GroupRecord } from '../../../src/runs/protocol/index.js';
import { t } from './l10n.js';
import type { RunState } from './run.svelte.js';

/** Of a run without groups, or of one that knows no rewards of them: why there is nothing to say. */
export function noGroups(run: RunState): string {
  if (!run.summary?.manifest.imported) return t('No groups yet: they appear with the first step.');
  return run.groupSteps.length > 0
    ? t('The responses of this log have no rewards.')
    : t('This log has no responses.');
}

/** Of a log that does not say which groups move nothing. */
export const untold = (): string =>
  t(
    'The log does not tell which groups have a learning signal: it has no advantages, and no rewards of several responses to a prompt.',
  );

export class Selection {
  /** The chosen step, or null while following the newest. */
  chosen = $state<number | null>(null);
  #group = $state(0);
  readonly #run: RunState;

  constructor(run: RunState, chosen: number | null) {
    this.#run = run;
    this.chosen = chosen;
  }

  /** The number of the chosen group. */
  get group(): number {
    return this.#group;
  }

  /** Chooses a group of the step that is shown, and a response with it: what one looks at is not taken away. */
  choose(group: number): void {
    this.#group = group;
    this.stay();
  }

  /** Stays at the step that is shown. */
  stay(): void {
    this.chosen ??= this.step;
  }

  follow(): void {
    this.chosen = null;
  }

  /** Steps with groups that came after the one that is stayed at. */
  get newer(): number {
    const { chosen, step } = this;
    if (chosen === null || step === null) return 0;
    const steps = this.#run.groupSteps;
    return steps.length - 1 - steps.lastIndexOf(step);
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
  get groups(): readonly GroupRecord[] {
    const { step } = this;
    const { held } = this.#run.groups;
    if (step === null) return [];
    const exact = held.get(step);
    if (exact) return exact.value ?? [];
    if (this.chosen !== null) return [];
    return held.get(Math.max(...held.keys()))?.value ?? [];
  }

  /** Why there are no groups to show. */
  get missing(): string {
    const { step } = this;
    if (step === null) return noGroups(this.#run);
    const outcome = this.#run.groups.held.get(step);
    if (!outcome) return t('Reading the groups of this step…');
    return outcome.error ?? t('The groups of this step are no longer in the file, or its lines are damaged.');
  }

  get current(): GroupRecord | null {
    return this.groups.find((group) => group.group === this.group) ?? this.groups[0] ?? null;
  }
}

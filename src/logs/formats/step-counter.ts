/**
 * The step of what a tracker has logged. Trackers count how often they were called; transformers logs the step of the
 * training beside it, and what else is logged (TRL's profiler) belongs to the step that is under way.
 */
import type { Marks } from './log.js';

const trainingStep = ['train/global_step', 'training/global_step', 'global_step', 'trainer/global_step'];

export class StepCounter {
  constructor(private readonly marks: Marks) {}

  /** @param values of one call; what counts steps is taken out @param own the tracker's count */
  of(values: Map<string, number>, own: number): number {
    const name = trainingStep.find((one) => Number.isInteger(values.get(one)));
    const step = name === undefined ? undefined : values.get(name);
    for (const counted of [...trainingStep, '_step', '_timestamp', '_runtime']) values.delete(counted);
    if (step !== undefined) {
      this.marks.step = step;
      return step;
    }
    return this.marks.step === undefined ? own : Number(this.marks.step) + 1;
  }
}

/** What a trainer says of its run. Apart from the schema, which loads a library that readers do without. */

export const runStates = [
  'starting',
  'running',
  'evaluating',
  'stopping',
  'finished',
  'stopped',
  'failed',
] as const;
export type RunState = (typeof runStates)[number];

/** Readers add two states: a `running` status whose process is gone, and a run that another program has logged. */
export type ShownRunState = RunState | 'lost' | 'imported';

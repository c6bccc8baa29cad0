/** The host's answers to the questions of a page. What they throw, the page shows. Pure. */
import type { Answers, Questions } from '../contract/index.js';
import { otherRuns } from '../runs/facts/index.js';
import { slicesOf } from '../series/index.js';
import type { WatchedRun } from './run-feed.js';

/** The run that the page shows, and those of the workspace. */
export interface AnswerContext {
  run: WatchedRun;
  runs(): readonly WatchedRun[];
}

export const answers: Answers<Questions, AnswerContext> = {
  slices: async ({ run }, query) => slicesOf(await run.series(), query),
  groups: ({ run }, { step }) => run.groups(step),
  rollouts: ({ run }, { step }) => run.rollouts(step),
  findResponses: ({ run }, { text, from }) => run.findResponses(text, from),
  evaluation: ({ run }, { step, benchmark }) => run.evaluation(step, benchmark),
  problem: ({ run }, { step, benchmark, id }) => run.problem(step, benchmark, id),
  findProblems: ({ run }, { step, benchmark, text, from }) => run.findProblems(step, benchmark, text, from),
  otherRuns: async ({ run, runs }) => otherRuns(runs(), run),
  defaults: async () => {
    const { experimentSchema } = await import('../experiment/index.js');
    return experimentSchema.parse({});
  },
};

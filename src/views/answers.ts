/** The host's answers to the questions of a page. What they throw, the page shows. Pure. */
import type { Answers, Questions } from '../contract/index.js';
import { otherRuns } from '../runs/facts/index.js';
import { type SeriesColumns, slicesOf } from '../series/index.js';
import type { WatchedRun } from './run-feed.js';

/** The run that the page shows, and those of the workspace. */
export interface AnswerContext {
  run: WatchedRun;
  runs(): readonly WatchedRun[];
  /** Writes a file where a person says: false when they say nowhere. */
  save(name: string, kind: 'csv' | 'png' | 'svg', content: string | Uint8Array): Promise<boolean>;
}

export const answers: Answers<Questions, AnswerContext> = {
  slices: async ({ run }, query) => slicesOf(await run.series(), query),
  groups: ({ run }, { step }) => run.groups(step),
  rollouts: ({ run }, { step }) => run.rollouts(step),
  findResponses: ({ run }, { text, from }) => run.findResponses(text, from),
  evaluation: ({ run }, { step, benchmark }) => run.evaluation(step, benchmark),
  keptGeometry: async ({ run }, { step, benchmark }) => {
    const { keptGeometry } = await import('./kept-geometry.js');
    return keptGeometry(run, step, benchmark);
  },
  problem: ({ run }, { step, benchmark, id }) => run.problem(step, benchmark, id),
  findProblems: ({ run }, { step, benchmark, text, from }) => run.findProblems(step, benchmark, text, from),
  findings: async ({ run }) => (await import('./run-audit.js')).findingsOf(run),
  prompts: async ({ run }, { kind, text }) => (await import('./run-audit.js')).promptsOfKind(run, kind, text),
  judge: async () => (await import('../answers/index.js')).JUDGE,
  otherRuns: async ({ run, runs }) => otherRuns(runs(), run),
  defaults: async () => {
    const { experimentSchema } = await import('../experiment/index.js');
    return experimentSchema.parse({});
  },
  savePicture: ({ save }, { name, format, data }) => save(name, format, Buffer.from(data, 'base64')),
  saveTable: async ({ save }, { name, table }) => {
    const { writeTable } = await import('../export/index.js');
    return save(name, 'csv', writeTable(table, 'csv'));
  },
  saveSeries: async ({ run, save }, { name, metrics }) => {
    const { writeTable } = await import('../export/index.js');
    return save(name, 'csv', writeTable(seriesTable(await run.series(), metrics), 'csv'));
  },
};

/** A row a step; a value that a step lacks is an empty cell. */
function seriesTable(series: SeriesColumns, metrics: readonly string[]) {
  const columns = metrics.map((metric) => series.column(metric));
  const rows = Array.from(series.column('step') ?? [], (step, place) => [
    step,
    ...columns.map((column) => {
      const value = column?.[place];
      return value === undefined || Number.isNaN(value) ? null : value;
    }),
  ]);
  return { columns: ['step', ...metrics], rows };
}

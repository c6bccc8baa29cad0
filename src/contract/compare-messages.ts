/** The contract between the extension host and the page that compares runs: messages, and what the page may ask. */
import type { EvaluatedProblem } from '../runs/protocol/index.js';
import type { Comparison, ScoreSummary } from '../statistics/index.js';
import type { AskingPageMessage, Reply } from './channel.js';
import { type Argument, asks, count, file, oneOf, table } from './questions.js';

/** Runs that differ in nothing but their seed. */
export interface ComparedVariant {
  /** Unique among those that are compared. */
  name: string;
  /** What a baseline is named by: without the values of a study's grid. */
  variant: string;
  /** Of its colour and dashes, unique: that of its study, so that it looks the same wherever it is shown. */
  place: number;
  method: string;
  policy: string;
  runs: readonly ComparedRun[];
}

export interface ComparedRun {
  directory: string;
  id: string;
  name: string;
  seed: number;
}

/** A curve that can be drawn: a metric of `metrics.jsonl`, or a score of a benchmark. */
export interface CurveChoice {
  /** Empty for a metric of the training. */
  benchmark: string;
  metric: string;
  title: string;
  help: string;
  format: 'number' | 'percent' | 'bytes';
  unit: string;
  /** Whether a moving average may be drawn. */
  smooth: boolean;
}

/** What is compared: all that is known without reading further. */
export interface Compared {
  title: string;
  /** Folders of the runs, or of the study: what a page keeps to be opened again. */
  directories: readonly string[];
  variants: readonly ComparedVariant[];
  /** What can be the baseline. */
  baselines: readonly string[];
  /** The one to begin with. */
  baseline: string;
  choices: readonly CurveChoice[];
  /** Indices of the choices to begin with. */
  usual: readonly number[];
  benchmarks: readonly string[];
}

export const curveAxes = ['step', 'tokens', 'time'] as const;
export type CurveAxis = (typeof curveAxes)[number];

/** What a band shows: standard deviation, standard error, 95 % interval of the mean, or all from the least to the most. */
export const bandKinds = ['sd', 'se', 'interval', 'range'] as const;
export type BandKind = (typeof bandKinds)[number];

/** Of one variant; NaN where there is no value. All arrays are as long as the `x` of the curves. */
export interface VariantCurve {
  name: string;
  n: Float64Array;
  mean: Float64Array;
  /** The mean's moving average; null without one. */
  smoothed: Float64Array | null;
  /** The band around what is drawn boldly. */
  low: Float64Array;
  high: Float64Array;
  /** The most runs behind any point. */
  most: number;
  /** Where runs end before others, and how many are left after it. */
  falls: readonly { x: number; n: number }[];
  /** Single runs, when they were asked for. */
  runs: readonly { id: string; seed: number; values: Float64Array }[];
}

export interface Curves {
  x: Float64Array;
  variants: readonly VariantCurve[];
  /** First and last x of all; null without any point. */
  extent: readonly [number, number] | null;
  /** False where several points share a column of pixels: then its extremes are given. */
  exact: boolean;
}

export interface ComparedScores {
  benchmark: string;
  variants: readonly { name: string; n: number; scores: Readonly<Record<string, ScoreSummary>> }[];
  comparisons: readonly ComparedDifference[];
}

/** `distinguishable`: whether the difference may be claimed. */
export type ComparedDifference = Comparison & { distinguishable: boolean };

export interface CompareReport {
  sentences: readonly string[];
  notes: readonly string[];
  /** Scores of which there are figures, as they are named in `benchmarks.jsonl`. */
  metrics: readonly string[];
}

/** How many seeds of a variant solve a problem, and the share of right responses of all of them. */
export interface SolvedBy {
  seeds: number;
  solved: number;
  share: number;
}

/** A problem that two variants were asked. */
export interface SharedProblem {
  id: string;
  first: SolvedBy;
  second: SolvedBy;
  /** Whether most seeds of one solve it and not of the other. */
  flipped: boolean;
}

export interface SharedProblems {
  /** Flipped ones first, those that differ most before others. */
  problems: readonly SharedProblem[];
  /** Runs without kept responses. */
  missing: number;
}

/** A problem as a run answered it. */
export interface AnsweredProblem {
  /** Id and name of the run. */
  id: string;
  run: string;
  seed: number;
  problem: EvaluatedProblem;
}

/** A problem as a run of each of two variants answered it; null where nothing was kept. */
export interface ProblemPair {
  first: AnsweredProblem | null;
  second: AnsweredProblem | null;
}

/** A row of settings; null is a setting that a variant does not have, other values are JSON. */
export interface SettingRow {
  path: string;
  values: readonly (string | null)[];
}

export interface VariantGeometry {
  name: string;
  /** Runs with groups, and the groups that were read. */
  runs: number;
  groups: number;
  /** Pairs of responses in equally wide bins from −1 to 1. */
  histogram: readonly number[];
  pairs: number;
  mean: number | null;
  /** Shares and means over all pairs, responses or groups. */
  negative: number | null;
  exploration: number | null;
  scaler: number | null;
  /** Share of groups whose shaped rewards are all equal. */
  withoutSignal: number | null;
}

/** Of the responses to a benchmark's problems: of the evaluation of each seed that counts. */
export interface EvaluatedGeometry {
  name: string;
  /** Seeds with an evaluation that has figures, and those among them without the distribution. */
  runs: number;
  undistributed: number;
  /** Pairs of responses in equally wide bins from −1 to 1, of all seeds; empty without any. */
  histogram: readonly number[];
  /** Means over the seeds that have the figure. */
  mean: number | null;
  negative: number | null;
  logdet: number | null;
  textSimilarity: number | null;
  distinct: number | null;
}

const text: Argument<string> = {
  needs: 'a text',
  is: (value): value is string => typeof value === 'string' && value.length <= 4000,
};
const flag: Argument<boolean> = {
  needs: 'true or false',
  is: (value): value is boolean => typeof value === 'boolean',
};
const share: Argument<number> = {
  needs: 'a number from 0 to 0.99',
  is: (value): value is number => typeof value === 'number' && value >= 0 && value <= 0.99,
};
const bound: Argument<number | null> = {
  needs: 'a number or null',
  is: (value): value is number | null => value === null || Number.isFinite(value),
};
const curve = {
  benchmark: text,
  metric: text,
  axis: oneOf(curveAxes),
  band: oneOf(bandKinds),
  /** 0 draws the values as they are. */
  smoothing: share,
};

export const COMPARE_QUESTIONS = {
  /** The curves between two bounds for so many columns of pixels; null is no bound. */
  curves: asks({ ...curve, from: bound, to: bound, width: count, singles: flag }).answeredBy<Curves>(),
  report: asks({ baseline: text }).answeredBy<CompareReport>(),
  /** One score of one benchmark: of many problems it takes the host a moment. */
  scores: asks({ baseline: text, benchmark: text, metric: text }).answeredBy<ComparedScores>(),
  settings: asks({}).answeredBy<SettingRow[]>(),
  problems: asks({ benchmark: text, first: text, second: text }).answeredBy<SharedProblems>(),
  /** By the runs of these ids; of an empty one the run of the variant that shows the difference best. */
  problem: asks({
    ...{ benchmark: text, first: text, second: text, id: text },
    ...{ firstRun: text, secondRun: text },
  }).answeredBy<ProblemPair>(),
  /** Over the groups of the last so many steps of each run that have any. */
  geometry: asks({ steps: count }).answeredBy<VariantGeometry[]>(),
  /** Of the responses to the problems of a benchmark. */
  evaluatedGeometry: asks({ benchmark: text }).answeredBy<EvaluatedGeometry[]>(),
  /** Each asks for a place and answers whether something was written there. */
  saveTable: asks({ name: text, table, format: oneOf(['csv', 'markdown', 'latex']) }).answeredBy<boolean>(),
  /** Every point, unthinned. */
  saveCurves: asks({ ...curve, name: text }).answeredBy<boolean>(),
  savePicture: asks({ name: text, format: oneOf(['png', 'svg']), data: file }).answeredBy<boolean>(),
  openRun: asks({ directory: text }).answeredBy<boolean>(),
};

export type CompareQuestions = typeof COMPARE_QUESTIONS;

export type CompareHostMessage =
  | { type: 'compared'; compared: Compared }
  /** Some of the runs have grown: what is shown is asked for again. */
  | { type: 'grown' }
  | Reply;

/** What the page keeps, at least: the editor hands it back after a reload of the window. */
export interface CompareState {
  /** Folders of the runs, or of the study. */
  directories: readonly string[];
}

export type ComparePageMessage =
  | AskingPageMessage<CompareQuestions>
  /** Milliseconds from the start of the page to its first drawn curves, for the benchmark. */
  | { type: 'painted'; milliseconds: number };

/** A report as its parts, whatever it is about: rendered by `html.ts` into one file. */
import type { Table } from '../export/index.js';

/** A line with an optional band, in the order of x. */
export interface Curve {
  name: string;
  /** Seeds or runs behind each point; the largest is in the legend. */
  points: readonly CurvePoint[];
}

export interface CurvePoint {
  x: number;
  y: number;
  /** The band: the standard deviation to both sides; absent with one run. */
  low?: number;
  high?: number;
  n: number;
}

export interface Chart {
  title: string;
  xLabel: string;
  yLabel: string;
  curves: readonly Curve[];
}

/** A group's responses and their overlaps. */
export interface ReportedGroup {
  title: string;
  prompt: string;
  responses: readonly { text: string; reward: number; exploration: number; scaler: number }[];
  /** S: m rows of m values, −1 to 1. */
  similarity: readonly (readonly number[])[];
}

export interface ReportDocument {
  title: string;
  /** What is known of its making, a line each. */
  facts: readonly string[];
  /** The findings, a sentence each. */
  sentences: readonly string[];
  notes: readonly string[];
  tables: readonly { title: string; table: Table }[];
  charts: readonly Chart[];
  groups: readonly ReportedGroup[];
  /** Files and commands that repeat it, as texts. */
  repeat: readonly { title: string; text: string }[];
}

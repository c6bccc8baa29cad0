/** Leads to where something is seen: a page of the dashboard, a step, and a group of it. */
import type { FindingTab } from '../../../src/findings/index.js';

export type ShowPlace = (tab: FindingTab, step: number, group?: number) => void;

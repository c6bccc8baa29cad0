/** What the charts of a page have in common: the step under the cursor, what is zoomed into, and how they are drawn. */
import { getContext, hasContext, setContext } from 'svelte';

/** What a page keeps of it. What is as it was at first is left out. */
export interface SavedCharts {
  smoothing?: number;
  logarithmic?: readonly string[];
  chosen?: readonly string[];
  maximized?: string;
}

/** Smoothing that a dashboard begins with. */
const usualSmoothing = 0.6;

export class Charts {
  /** The step that is pointed at, or null: then legends say the newest values. */
  step = $state<number | null>(null);
  /** First and last step of what is zoomed into; null shows all. */
  range = $state.raw<readonly [number, number] | null>(null);
  /** 0 draws the values as they are; up to 0.99 their moving average over them. */
  smoothing = $state(usualSmoothing);
  /** Titles of the charts with a logarithmic axis. */
  logarithmic = $state.raw<readonly string[]>([]);
  /** Names in `metrics.jsonl` that are drawn besides the usual charts. */
  chosen = $state.raw<readonly string[]>([]);
  /** Title of the chart that fills the page, or null. */
  maximized = $state<string | null>(null);

  constructor(saved: SavedCharts = {}) {
    this.smoothing = saved.smoothing ?? usualSmoothing;
    this.logarithmic = saved.logarithmic ?? [];
    this.chosen = saved.chosen ?? [];
    this.maximized = saved.maximized ?? null;
  }

  get saved(): SavedCharts {
    const { smoothing, logarithmic, chosen, maximized } = this;
    return {
      smoothing,
      ...(logarithmic.length > 0 && { logarithmic }),
      ...(chosen.length > 0 && { chosen }),
      ...(maximized !== null && { maximized }),
    };
  }
}

/** The list without the item if it has it, else with it. */
export function toggled<Item>(list: readonly Item[], item: Item): Item[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}

const key = Symbol('charts');

/** Makes these the charts of all parts below. */
export const provideCharts = (charts: Charts): Charts => setContext(key, charts);

/** Those of the page; a chart that stands alone has its own. */
export const useCharts = (): Charts => (hasContext(key) ? getContext<Charts>(key) : new Charts());

/** Lists of problems: which are shown, and which part of a long list is on the screen. */
import { type ProblemOverview, searchPattern } from '../../../src/runs/facts/index.js';

export const problemFilters = ['all', 'right', 'wrong', 'disagreeing'] as const;
export type ProblemFilter = (typeof problemFilters)[number];

/** right and wrong by the majority, half a right for a tie; disagreeing: more than one answer was given. */
function passes(problem: ProblemOverview, filter: ProblemFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'right':
      return problem.majority >= 0.5;
    case 'wrong':
      return problem.majority < 0.5;
    case 'disagreeing':
      return problem.answers > 1;
  }
}

/** @param found Problems whose texts hold what is searched for, as far as they were searched. */
export function filterProblems(
  problems: readonly ProblemOverview[],
  filter: ProblemFilter,
  search: string,
  found: ReadonlySet<string> = new Set(),
): ProblemOverview[] {
  const pattern = searchPattern(search);
  return problems.filter(
    (problem) =>
      passes(problem, filter) && (pattern === null || pattern.test(problem.id) || found.has(problem.id)),
  );
}

/** Rows beyond the screen that are drawn too, so that scrolling shows no gaps. */
const overscan = 8;

/** The rows to draw of a list of equally high ones. `first` is drawn, `end` is not. */
export function visibleRows(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
): { first: number; end: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - overscan);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan);
  return { first, end: Math.max(first, end) };
}

/** Where the selection moves with a key; null for keys that do not move it. */
export function movedSelection(key: string, selected: number, count: number, page: number): number | null {
  const target: Record<string, number> = {
    ArrowDown: selected + 1,
    ArrowUp: selected - 1,
    PageDown: selected + page,
    PageUp: selected - page,
    Home: 0,
    End: count - 1,
  };
  const wanted = target[key];
  return wanted === undefined ? null : Math.max(0, Math.min(count - 1, wanted));
}

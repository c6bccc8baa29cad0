/** The command line `g2rl`: trains, follows, stops, lists and evaluates, by the same means as the editor. */
export { formatRun, lineOf, progressBar, sparkline } from './display.js';
export { scoreTable, table } from './tables.js';

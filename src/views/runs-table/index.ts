/** The table of runs: its page, and what the page learns of the runs. Loaded when it is first used. */
export { RunsTable } from './runs-table.js';

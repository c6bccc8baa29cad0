/** Questions about runs, their answers, and the files behind them: what the terminal, agents and pages ask. */
export { auditOf } from './findings.js';
export { ask, QUERIES, usualPatience } from './queries.js';
export type { Query } from './query.js';

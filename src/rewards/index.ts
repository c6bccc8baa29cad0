/** Rewards of one's own: functions in Python and programs of any kind, started, asked, limited and ended with the run. */
export { type NamedValues, RunRewards, weightedSums } from './run-rewards.js';

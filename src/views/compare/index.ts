/** Compare Runs: its page, and the curves, scores, problems and settings of runs in variants. Loaded when it is first used. */
export { ComparePanel } from './compare-panel.js';

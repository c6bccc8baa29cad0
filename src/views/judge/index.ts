/** Try the Judge: its page, and the judge behind it. Loaded when it is first used. */
export { JudgePanel } from './judge-panel.js';

/** What the command palette and the menus do: one function per command, loaded when it is first used. */

export { Comparisons } from './comparisons.js';
export { JudgeTrials } from './judge-trials.js';
export { Logs } from './logs.js';
export { OpenRuns } from './open-runs.js';
export { registerCommands } from './register.js';
export type { Services } from './services.js';
export { TorchSetup } from './torch-setup.js';

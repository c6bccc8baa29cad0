/** Whether and how the torch engine can run an experiment here: checks, memory, device, versions. */
export { checkTorch } from './checks.js';
export { chooseEngine } from './choose-engine.js';
export { asOneProcess, planTorch, type TorchPlan } from './plan.js';
export { needsRewardPython, rewardPython } from './reward-python.js';

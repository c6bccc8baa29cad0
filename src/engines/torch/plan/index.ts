/** Whether and how the torch engine can run an experiment here: checks, memory, device, versions. */
export { checkTorch } from './checks.js';
export { type AutoChoice, chooseEngine } from './choose-engine.js';
export { asOneProcess, EnvironmentError, planTorch, type TorchPlan } from './plan.js';

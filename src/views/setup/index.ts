/** Set Up GPU Engine: its page, and the environment it looks at. Loaded when it is first used. */
export { SetupPanel } from './setup-panel.js';
export { TorchEnvironment } from './torch-environment.js';

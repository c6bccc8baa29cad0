/** The runs for agents: a server of the Model Context Protocol. */
export type { Control } from './controls.js';
export { serve } from './serve.js';

/** The Qwen3-architecture policy: its files on disk, and its graphs. */
export * from './blocks.js';
export * from './checkpoint.js';
export * from './config.js';
export * from './decode-step.js';
export * from './decoder.js';
export * from './initialize.js';
export * from './parameters.js';
export * from './policy-folder.js';
export * from './tokenizer.js';

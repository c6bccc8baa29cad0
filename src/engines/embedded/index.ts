/** The embedded trainer: Qwen3 policies trained and sampled on ONNX Runtime, in a process of its own. */
export { evaluateFolder } from './evaluate-folder.js';
export { pretrain } from './pretrain.js';
export { trainRun } from './train-run.js';

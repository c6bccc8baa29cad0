/** The embedded trainer: Qwen3 policies trained and sampled on ONNX Runtime, in its own process. */
export { evaluateFolder } from './evaluate-folder.js';
export { pretrain } from './pretrain.js';
export { trainRun } from './train-run.js';

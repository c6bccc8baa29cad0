/** The engine on ONNX Runtime: rollout, update, evaluation and pre-training of Qwen3 policies, in a thread of the trainer. */

export { evaluateFolder } from './evaluate-folder.js';
export { mergeFolder } from './merge-folder.js';
export { pretrain } from './pretrain.js';
export { testDevice } from './test-device.js';
export { trainRun } from './train-run.js';

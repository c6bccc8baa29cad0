/** Sentence-embedding models in ONNX form: their files, in a folder or from the hub, and what those say of their use. */
export { modelChecksum } from './checksum.js';
export { findEmbeddingModel } from './find-model.js';
export { folderProblem } from './model-files.js';
export { type EmbeddingModel, type Pooling, readEmbeddingModel } from './read-model.js';

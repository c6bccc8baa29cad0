/** Sentence embeddings on ONNX Runtime: tokens, the graph, pooling. */
export { type Embeddings, SentenceEmbedder } from './sentence-embedder.js';
export type { ModelOutput, TextStates, TokenBatch } from './text-model.js';

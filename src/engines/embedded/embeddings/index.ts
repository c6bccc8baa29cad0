/** Sentence embeddings on ONNX Runtime: tokens, the graph, pooling. */
export { SentenceEmbedder } from './sentence-embedder.js';

/** What a sentence-embedding model is, whatever its folder is called. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { digestsOf } from '../hub/index.js';
import { policyChecksum } from '../runs/protocol/index.js';
import { dataOf } from './model-files.js';
import type { EmbeddingModel } from './read-model.js';

/** SHA-256 over all that decides an embedding. */
export async function modelChecksum(model: EmbeddingModel): Promise<string> {
  const { folder, graph, tokenizer, tokenizerConfig, pooling, longest } = model;
  const digests = graph === null ? [await policyChecksum(folder)] : await digestsOfGraph(graph);
  const decisive = { digests, tokenizer, tokenizerConfig, pooling, longest };
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
}

async function digestsOfGraph(graph: string): Promise<string[]> {
  const digests = [];
  for (const file of [graph, dataOf(graph)]) {
    if (existsSync(file)) digests.push((await digestsOf(file)).sha256);
  }
  return digests;
}

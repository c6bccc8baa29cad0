/** What a sentence-embedding model is, whatever its folder is called. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { digestsOf } from '../hub/index.js';
import { dataOf } from './model-files.js';
import type { EmbeddingModel } from './read-model.js';

/** SHA-256 over all that decides an embedding. */
export async function modelChecksum(model: EmbeddingModel): Promise<string> {
  const { graph, tokenizer, tokenizerConfig, pooling, longest } = model;
  const files = [graph, dataOf(graph)].filter((file) => existsSync(file));
  const digests = [];
  for (const file of files) digests.push((await digestsOf(file)).sha256);
  const decisive = { digests, tokenizer, tokenizerConfig, pooling, longest };
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
}

/** The tiny sentence-embedding models of the fixtures, and copies of them to damage. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../../../scratch.js';

export const modelNames = ['bert', 'roberta'] as const;
export type ModelName = (typeof modelNames)[number];

export const modelFolder = (name: ModelName): string =>
  join(import.meta.dirname, '../../../fixtures/embeddings', name);

export interface ExpectedEmbeddings {
  texts: string[];
  ids: number[][];
  /** Unit vectors by way of pooling, text by text. */
  embeddings: Record<'mean' | 'cls' | 'max' | 'lasttoken', number[][]>;
}

export const expectedEmbeddings = (name: ModelName): ExpectedEmbeddings =>
  JSON.parse(readFileSync(join(modelFolder(name), 'expected.json'), 'utf8')) as ExpectedEmbeddings;

export function copiedModel(name: ModelName): string {
  const folder = scratch('embedding');
  cpSync(modelFolder(name), folder, { recursive: true });
  return folder;
}

/** Changes keys of one of its JSON files; undefined removes them. */
export function editJson(folder: string, file: string, changes: Record<string, unknown>): void {
  const path = join(folder, file);
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify({ ...value, ...changes }));
}

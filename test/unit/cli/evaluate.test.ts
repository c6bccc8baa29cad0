import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { embeddingModelOf } from '../../../src/cli/evaluate.js';

const media = join(import.meta.dirname, '../../../media');

test('an embedding model is named as in an experiment', () => {
  expect(embeddingModelOf('countdown', media)).toBe(join(media, 'policies', 'countdown'));
  expect(embeddingModelOf(join(media, 'policies'), media)).toBe(resolve(media, 'policies'));
  expect(embeddingModelOf('owner/name', media)).toBe('owner/name');
});

/** Every kind of damage to a policy folder is refused by file and key. */
import { cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFolder } from '../../../../src/engines/embedded/model/checkpoint.js';
import { initializeParameters } from '../../../../src/engines/embedded/model/initialize.js';
import { checkMemory } from '../../../../src/engines/embedded/model/memory.js';
import { parameterLayout } from '../../../../src/engines/embedded/model/parameters.js';
import { policyFiles, readPolicyFolder } from '../../../../src/engines/embedded/model/policy-folder.js';
import { policyChecksum } from '../../../../src/runs/protocol/policy-checksum.js';
import { scratch } from '../../../scratch.js';

import { editConfig, savedPolicy, tinyPolicy } from './saved-policy.js';

test.each([
  '../../../etc/passwd',
  '/etc/passwd',
  'parts/../../secret.safetensors',
  '..\\secret.safetensors',
  'C:\\secret.safetensors',
  'C:secret.safetensors',
  '\\\\host\\share\\secret.safetensors',
  'a\0b',
  '.',
  '',
  7,
])('an index that names %j outside the folder is refused, and that file is not opened', async (shard) => {
  const folder = savedPolicy();
  // A whole policy is where the index points to: only the refusal keeps it from being read.
  cpSync(join(folder, 'model.safetensors'), join(folder, '../secret.safetensors'));
  rmSync(join(folder, 'model.safetensors'));
  const index = { weight_map: { 'model.norm.weight': shard } };
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
  const refused =
    /model\.safetensors\.index\.json: weight_map\.model\.norm\.weight is .*not a file of this folder/;
  expect(() => readPolicyFolder(folder)).toThrow(refused);
  await expect(policyChecksum(folder)).rejects.toThrow(refused);
});

test.each([
  ['a missing folder', () => join(scratch(), 'none'), /there is no config\.json/],
  [
    'another architecture',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { model_type: 'llama' });
      return folder;
    },
    /config\.json: model_type is "llama"/,
  ],
  [
    'a missing field',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { hidden_size: undefined });
      return folder;
    },
    /config\.json: hidden_size/,
  ],
  [
    'a wrong shape',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { intermediate_size: 41 });
      return folder;
    },
    /mlp\.gate_proj\.weight has shape \[40, 24\]; config\.json makes it \[41, 24\]/,
  ],
  [
    'missing layers',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { num_hidden_layers: 3 });
      return folder;
    },
    /lack model\.layers\.2\..* and 10 more/,
  ],
  [
    'layers too many',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { num_hidden_layers: 1 });
      return folder;
    },
    /contains model\.layers\.1\..*not describe/,
  ],
  [
    'a vocabulary smaller than the tokenizer',
    () => {
      const folder = savedPolicy();
      const policy = tinyPolicy();
      const config = { ...policy.config, vocabSize: 20 };
      const layout = parameterLayout(config);
      const tokenizer = readPolicyFolder(folder).tokenizer;
      writeFolder(
        folder,
        policyFiles({ config, layout, weights: initializeParameters(layout, 1), tokenizer }),
      );
      return folder;
    },
    /token ids up to 20; vocab_size in config\.json is 20/,
  ],
  [
    'cut-off weights',
    () => {
      const folder = savedPolicy();
      truncateSync(join(folder, 'model.safetensors'), 5000);
      return folder;
    },
    /model\.safetensors: gives .* offsets that do not fit/,
  ],
])('%s is refused by name', (_, make, message) => {
  const folder = make();
  expect(() => readPolicyFolder(folder)).toThrow(message);
});

const sizes = {
  vocab_size: 24,
  hidden_size: 26,
  num_hidden_layers: 3,
  num_attention_heads: 6,
  num_key_value_heads: 1,
  head_dim: 12,
  intermediate_size: 48,
  max_position_embeddings: null,
} as const;

test.each(Object.entries(sizes))('a %s that no weights belong to is refused by name', (key, other) => {
  const folder = savedPolicy();
  for (const absurd of [1e9, 2 ** 53 - 1, 1e300, 0, -1, 1.5, '4', []]) {
    editConfig(folder, { [key]: absurd });
    expect(() => readPolicyFolder(folder)).toThrow(new RegExp(`config\\.json: ${key}: `));
  }
  if (other === null) return;
  editConfig(folder, { [key]: other });
  expect(() => readPolicyFolder(folder)).toThrow(new RegExp(key));
});

test('the largest sizes of a config.json are compared with the weights before anything is allocated', () => {
  const folder = savedPolicy();
  const before = process.memoryUsage().arrayBuffers;
  editConfig(folder, { num_hidden_layers: 1024 });
  expect(() => readPolicyFolder(folder)).toThrow(/lack model\.layers\.2\..*: num_hidden_layers is 1024/);
  const largest = {
    vocab_size: 2 ** 22,
    hidden_size: 2 ** 16,
    intermediate_size: 2 ** 19,
    head_dim: 2 ** 12,
  };
  editConfig(folder, { ...largest, num_attention_heads: 2 ** 12, num_key_value_heads: 2 ** 12 });
  expect(() => readPolicyFolder(folder)).toThrow(/config\.json makes it \[4194304, 65536\], by vocab_size/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
});

test('weights that the memory cannot hold are refused with both sizes', () => {
  expect(() => checkMemory('/policies/large', 2 ** 33, 1, 2 ** 34)).toThrow(
    '/policies/large: its weights take 32.0 GiB as float32; this machine has 16.0 GiB of memory.',
  );
  expect(() => checkMemory('/policies/large', 2 ** 30, 5, 2 ** 34)).toThrow(/training .* takes 20\.0 GiB/);
  expect(() => checkMemory('/policies/small', 2 ** 20, 5)).not.toThrow();
});

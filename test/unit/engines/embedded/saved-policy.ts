/** A small policy of the tests, in memory and on disk. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFolder } from '../../../../src/engines/embedded/model/checkpoint.js';
import { initializeParameters } from '../../../../src/engines/embedded/model/initialize.js';
import { parameterLayout } from '../../../../src/engines/embedded/model/parameters.js';
import { type Policy, policyFiles } from '../../../../src/engines/embedded/model/policy-folder.js';
import { SafetensorsFile } from '../../../../src/engines/embedded/model/safetensors.js';
import { Tokenizer } from '../../../../src/engines/embedded/model/tokenizer.js';
import { countdownTokenizer } from '../../../../src/tasks/countdown-tokenizer.js';
import { scratch } from '../../../scratch.js';
import { loadCase } from './parity-case.js';

export function tinyPolicy(): Policy {
  const config = { ...loadCase('untied-full').config, vocabSize: 21 };
  const layout = parameterLayout(config);
  const files = countdownTokenizer();
  const tokenizer = Tokenizer.parse(
    { tokenizer: JSON.stringify(files.tokenizer), config: JSON.stringify(files.config) },
    'tokenizer.json',
  );
  return { config, layout, weights: initializeParameters(layout, 1), tokenizer };
}

export function savedPolicy(): string {
  const folder = join(scratch(), 'policy');
  writeFolder(folder, policyFiles(tinyPolicy()));
  return folder;
}

export function editConfig(folder: string, change: Record<string, unknown>): void {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
}

/** A policy of the fixtures with a tokenizer, as it is or in bfloat16. */
export function fixturePolicy(name: string, type: 'F32' | 'BF16' = 'F32'): string {
  const from = join(import.meta.dirname, '../../../fixtures/qwen3', name);
  const folder = scratch('fixture');
  const files = countdownTokenizer();
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(files.tokenizer));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(files.config));
  cpSync(join(from, 'config.json'), join(folder, 'config.json'));
  const target = join(folder, 'model.safetensors');
  if (type === 'F32') cpSync(join(from, 'model.safetensors'), target);
  else writeFileSync(target, inBfloat16(join(from, 'model.safetensors')));
  return folder;
}

/** The same tensors, cut to the upper half of each number. */
function inBfloat16(path: string): Buffer {
  const file = SafetensorsFile.open(path);
  const header: Record<string, unknown> = {};
  const parts: Buffer[] = [];
  let position = 0;
  for (const { name, shape, size } of file.tensors.values()) {
    const values = new Float32Array(size);
    file.readInto(name, values);
    const halves = Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
    header[name] = { dtype: 'BF16', shape, data_offsets: [position, position + 2 * size] };
    position += 2 * size;
    parts.push(Buffer.from(halves.buffer));
  }
  file.close();
  const text = JSON.stringify(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, Buffer.from(text), ...parts]);
}

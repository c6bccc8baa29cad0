/** Which files of a policy folder are its weights, and their checksum: it shows whether a policy is still the same. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, reasonOf } from '../../errors.js';
import { runFileError } from './files.js';
import { isObject, type JsonObject } from './json.js';
import { isInside } from './paths.js';
import { openRegularFile, readRegularFileSync } from './regular-file.js';

const weightsFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';

/**
 * Names of a folder's weights files: one, or the shards that its index names, sorted. Other files of the same kind,
 * adapters for one, are not among them. Empty where there are no safetensors.
 * @throws {InputError} when the index cannot be read, or names a file outside the folder
 */
export function weightsFiles(folder: string): string[] {
  if (existsSync(join(folder, weightsFile))) return [weightsFile];
  const index = join(folder, indexFile);
  if (!existsSync(index)) return [];
  let value: unknown;
  try {
    value = JSON.parse(readRegularFileSync(index));
  } catch (error) {
    throw new InputError(`${index}: cannot be read (${reasonOf(error)}).`, 'Save the policy again.');
  }
  const map = isObject(value) && isObject(value.weight_map) ? value.weight_map : {};
  const shards = shardsOf(map, index);
  if (shards.length === 0) throw new InputError(`${index}: has no weight_map.`, 'Save the policy again.');
  return shards;
}

function shardsOf(weightMap: JsonObject, index: string): string[] {
  const shards = new Set<string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string' || !isInside(shard)) {
      throw new InputError(
        `${index}: weight_map.${tensor} is ${JSON.stringify(shard)}, which is not a file of this folder.`,
        'Every part of the weights must lie beside its index: copy them there, and save the policy again.',
      );
    }
    shards.add(shard);
  }
  return [...shards].sort();
}

/** Where only an adapter was saved, that is what the policy is known by. */
const anySafetensors = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .sort();

/**
 * SHA-256 of a folder's weights: two policies with the same one are the same. The torch engine computes it by the same
 * rule.
 * @throws {InputError}
 * @throws {RunFileError}
 */
export async function policyChecksum(folder: string): Promise<string> {
  const hash = createHash('sha256');
  let path = folder;
  try {
    const named = weightsFiles(folder);
    for (const name of named.length > 0 ? named : anySafetensors(folder)) {
      path = join(folder, name);
      const { handle } = await openRegularFile(path);
      // The stream closes the handle.
      for await (const chunk of handle.createReadStream({ highWaterMark: 2 ** 20 })) {
        hash.update(chunk as Buffer);
      }
    }
  } catch (error) {
    throw error instanceof InputError ? error : runFileError(error, 'read', path);
  }
  return hash.digest('hex');
}

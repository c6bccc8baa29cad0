/** From the name of a policy to the folder of its files. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import { findModel, type LoadingHooks, type ModelFile } from '../../hub/index.js';
import { weightsFiles } from '../../runs/protocol/index.js';
import { tokenizerFiles } from './model/index.js';

/**
 * The folder of a policy: itself, or that of a model of the hub, which is downloaded on first use.
 * @param policy absolute folder, or `owner/name`
 * @param field the setting, or the file and its key, that names it
 * @throws InputError when there is no such policy; LoadingStopped, the downloaded part is kept
 */
export async function findPolicy(policy: string, field: string, hooks: LoadingHooks): Promise<string> {
  const download = (get: ModelFile) => getFiles(policy, field, get);
  return findModel(policy, field, { list: 'g2rl-policy.json', isWhole, download }, hooks);
}

function isWhole(folder: string): boolean {
  const weights = weightsFiles(folder);
  return (
    weights.length > 0 &&
    ['config.json', 'tokenizer.json', ...weights].every((name) => existsSync(join(folder, name)))
  );
}

const singleFile = 'model.safetensors';
const indexFile = `${singleFile}.index.json`;

async function getFiles(policy: string, field: string, get: ModelFile): Promise<string[]> {
  const paths: string[] = [];
  // Small files first: what is missing shows before the weights are downloaded.
  await get('tokenizer.json');
  for (const path of ['generation_config.json', ...tokenizerFiles]) {
    if (await get.ifThere(path)) paths.push(path);
  }
  const index = await get.ifThere(indexFile);
  if (index === null) {
    if ((await get.ifThere(singleFile)) === null) {
      throw new InputError(
        `${field}: the model ${policy} of the hub has no ${singleFile}.`,
        'Specify a model of the hub with its weights as safetensors.',
      );
    }
    return [...paths, singleFile];
  }
  for (const shard of shardsOf(index)) {
    await get(shard);
    paths.push(shard);
  }
  return [...paths, indexFile];
}

/** The files that an index names; `weightsFiles` would ask for those that are not there yet. */
function shardsOf(index: string): string[] {
  const value = JSON.parse(readFileSync(index, 'utf8')) as { weight_map?: Record<string, string> };
  return [...new Set(Object.values(value.weight_map ?? {}))].sort();
}

/** `g2rl merge`: makes an ordinary policy folder of a checkpoint of adapters. */
import { dirname } from 'node:path';
import { InputError } from '../../errors.js';
import type { LoadingHooks } from '../../hub/index.js';
import { makeFolder } from '../../runs/protocol/index.js';
import type { MergeRequest, MergeResult } from '../contract/index.js';
import { isAdapted, mergedPolicy, policyFiles, writeFolder } from './model/index.js';
import { readModel } from './read-model.js';

/** @throws InputError when the folder has no adapters, or they cannot be read; LoadingStopped */
export async function mergeFolder(
  { folder, output }: MergeRequest,
  hooks: LoadingHooks,
): Promise<MergeResult> {
  const model = await readModel(folder, hooks);
  if (!isAdapted(model)) {
    throw new InputError(
      `${folder}: is a whole policy; there are no adapters to merge.`,
      'Specify a checkpoint of a run with torch.lora, which has an adapter_config.json.',
    );
  }
  makeFolder(dirname(output));
  writeFolder(output, policyFiles(mergedPolicy(model)));
  return { directory: output, base: model.base.name };
}

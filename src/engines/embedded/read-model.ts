/** A policy from its folder: an ordinary one, or adapters with the base that they name. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors.js';
import type { LoadingHooks } from '../../hub/index.js';
import { policyChecksum, readRegularFileSync, trainerStateSchema } from '../../runs/protocol/index.js';
import { findPolicy } from './find-policy.js';
import {
  adapterConfigPath,
  adaptPolicy,
  hasOnlyAdapters,
  type Model,
  openPolicyFolder,
  readAdapterConfig,
  readAdapters,
  readBase,
  readPolicyFolder,
  stateFile,
} from './model/index.js';

/**
 * @throws InputError naming the file, and the field or tensor; LoadingStopped while a base of the hub is downloaded
 */
export async function readModel(folder: string, hooks: LoadingHooks): Promise<Model> {
  if (!hasOnlyAdapters(folder)) return readPolicyFolder(folder);
  const { base: name } = readAdapterConfig(folder);
  const field = `${adapterConfigPath(folder)}: base_model_name_or_path`;
  const baseFolder = await findPolicy(name, field, hooks);
  const expected = checksumOfBase(folder);
  if (expected !== null && expected !== (await policyChecksum(baseFolder))) {
    throw new InputError(
      `${field}: ${name} has changed since these adapters were trained on it.`,
      'Restore the old files: adapters mean nothing with other weights.',
    );
  }
  const base = readBase(openPolicyFolder(baseFolder), name, false);
  const { lora, adapters, values } = readAdapters(folder, base.config);
  return adaptPolicy(base, lora, adapters, values);
}

/** SHA-256 of the policy that a checkpoint of a run began with; null for adapters from elsewhere. */
function checksumOfBase(folder: string): string | null {
  const path = join(folder, stateFile);
  if (!existsSync(path)) return null;
  return trainerStateSchema.safeParse(JSON.parse(readRegularFileSync(path))).data?.policyChecksum ?? null;
}

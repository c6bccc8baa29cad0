/** The policy that a run starts with: all of its weights are trained, or adapters on it. */
import type { Experiment } from '../../experiment/index.js';
import { modelShape } from '../memory/index.js';
import {
  adaptersFor,
  adaptPolicy,
  type CheckpointReader,
  checkMemory,
  type HostWeights,
  initializeAdapters,
  type Model,
  openPolicyFolder,
  readAdapters,
  readBase,
  readPolicyFolder,
  readWholePolicy,
} from './model/index.js';
import { wantsHalves } from './plan/index.js';

export interface StartingPolicy {
  /** What is trained, before the first step. */
  fresh(): Model;
  /** Reads it from a checkpoint. */
  reader: CheckpointReader<Model>;
  /** The frozen starting policy. */
  reference: HostWeights;
}

/** The policy, its reference, the gradient and the two moments of the optimizer. */
const arraysOfTraining = 5;

/**
 * @param folder of the policy
 * @throws InputError by file and key, or when it does not fit into memory
 */
export function startingPolicy(experiment: Experiment, folder: string): StartingPolicy {
  const { torch, seed, policy: name } = experiment;
  if (!torch.lora) {
    const start = readPolicyFolder(folder);
    checkMemory(folder, start.layout.total, arraysOfTraining);
    return {
      fresh: () => ({ ...start, weights: start.weights.slice() }),
      reader: readWholePolicy,
      reference: start.weights,
    };
  }
  const { lora } = torch;
  const opened = openPolicyFolder(folder);
  const adapters = adaptersFor(opened.config, lora);
  const base = readBase(opened, name, keepsHalves(experiment, folder));
  const adapted = (values: Float32Array) => adaptPolicy(base, lora, adapters, values);
  const fresh = adapted(initializeAdapters(adapters, seed));
  return {
    fresh: () => fresh,
    reader: (directory) => ({
      policy: adapted(readAdapters(directory, base.config, adapters).values),
      trained: adapters.total,
    }),
    reference: fresh.weights,
  };
}

/** Whether matrices that are stored in 16 bits stay so: slower, and only where 32 do not fit. */
function keepsHalves(experiment: Experiment, folder: string): boolean {
  const shape = modelShape(folder);
  return shape !== null && wantsHalves(experiment, shape);
}

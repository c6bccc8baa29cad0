/** The policy that a run starts with: all of its weights are trained, or adapters on it. */
import type { Experiment } from '../../experiment/index.js';
import { modelShape } from '../memory/index.js';
import {
  adaptersFor,
  adaptPolicy,
  type CheckpointReader,
  checkMemory,
  checkSameLora,
  type HostWeights,
  initializeAdapters,
  type Model,
  openPolicyFolder,
  type Policy,
  readAdapters,
  readBase,
  readOpenedPolicy,
  readWholePolicy,
} from './model/index.js';
import { type Place, wantsHalves } from './plan/index.js';

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
 * Looks at everything but the values of the weights, which take time and memory.
 * @param folder of the policy
 * @returns what reads it for a place
 * @throws InputError by file and key, or when it does not fit into memory; so does what it returns
 */
export function openStartingPolicy(experiment: Experiment, folder: string): (place: Place) => StartingPolicy {
  const { seed, policy: name, torch } = experiment;
  const { lora } = torch;
  const opened = openPolicyFolder(folder);
  if (!lora) {
    checkMemory(folder, opened.files.layout.total, arraysOfTraining);
    return () => wholeStart(readOpenedPolicy(opened));
  }
  const adapters = adaptersFor(opened.config, lora);
  const shape = modelShape(folder);
  return (place) => {
    const base = readBase(opened, name, shape !== null && wantsHalves(experiment, shape, place));
    const adapted = (values: Float32Array) => adaptPolicy(base, lora, adapters, values);
    const fresh = adapted(initializeAdapters(adapters, seed));
    return {
      fresh: () => fresh,
      reader: (directory) => {
        checkSameLora(directory, lora);
        const { values } = readAdapters(directory, base.config, adapters);
        return { policy: adapted(values), trained: adapters.total };
      },
      reference: fresh.weights,
    };
  };
}

const wholeStart = (start: Policy): StartingPolicy => ({
  fresh: () => ({ ...start, weights: start.weights.slice() }),
  reader: (directory) => {
    checkSameLora(directory, undefined);
    return readWholePolicy(directory);
  },
  reference: start.weights,
});

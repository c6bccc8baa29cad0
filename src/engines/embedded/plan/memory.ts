/** How much memory of this machine training takes, roughly, what takes it, and which settings take less. */
import type { Experiment } from '../../../experiment/index.js';
import {
  adapterCount,
  describeMemory,
  estimateOf,
  gibibytes,
  largerPart,
  type MemoryEstimate,
  type ModelShape,
  modelShape,
  parameterCount,
  sequenceTokens,
} from '../../memory/index.js';
import { memoryBytes } from './machine.js';
import { layeredBytes, type PassDevice, type PolicySizes, wholeBytes } from './pass-size.js';
import { rowBytes, rowsPerBatch } from './sampling-size.js';
import { policySizes, updatePass } from './update-pass.js';

/** Node, ONNX Runtime, its compiled graphs, and what the allocator holds beyond what is used. */
const runtimeBytes = 0.7 * 2 ** 30;

/**
 * @param inHalves whether frozen weights are kept in 16 bits: without adapters none are frozen
 * @param device whose memory is meant
 */
export function estimateEmbedded(
  experiment: Experiment,
  shape: ModelShape,
  inHalves: boolean,
  device: PassDevice = 'cpu',
): MemoryEstimate {
  const { rollout, torch } = experiment;
  const sizes = policySizes(shape);
  const parameters = parameterCount(shape);
  const trained = torch.lora ? adapterCount(shape, torch.lora.rank) : parameters;
  const halves = torch.lora !== undefined && inHalves;
  const { byLayers } = updatePass(experiment, sizes, device);
  // On a GPU graphs compute with copies of what the optimizer has in one piece, and layers have sums of their own.
  const copies = device === 'webgpu' ? trained : 0;
  const positions = sequenceTokens(experiment);
  const responses = rollout.promptsPerStep * rollout.groupSize;
  const rows = Math.min(responses, rowsPerBatch(sizes, positions));
  return estimateOf([
    {
      name: torch.lora ? 'frozen weights and adapters' : 'weights',
      kind: 'weights',
      bytes: (torch.lora ? parameters * (halves ? 2 : 4) : 0) + 4 * (trained + copies),
    },
    { name: 'reference of the KL term', kind: 'weights', bytes: torch.lora ? 0 : 4 * parameters },
    { name: 'gradients', kind: 'weights', bytes: 4 * (trained + (byLayers ? copies : 0)) },
    { name: 'optimizer (AdamW)', kind: 'weights', bytes: 8 * trained },
    {
      name: 'a matrix of weights as float32',
      kind: 'other',
      bytes: halves ? 4 * shape.vocabulary * shape.hidden : 0,
    },
    largerPart(updateBytes(experiment, sizes, device), rows * rowBytes(sizes, positions)),
    { name: 'distributions for the features', kind: 'sampling', bytes: 2 * 4 * responses * shape.vocabulary },
    { name: 'ONNX Runtime', kind: 'other', bytes: device === 'cpu' ? runtimeBytes : 0 },
  ]);
}

function updateBytes(experiment: Experiment, sizes: PolicySizes, device: PassDevice): number {
  const { size, byLayers } = updatePass(experiment, sizes, device);
  return byLayers ? layeredBytes(sizes, size) : wholeBytes(sizes, size);
}

/** Of a memory, what a run may take without others being pushed out. */
const usableShare = 0.8;

/** A GPU that does not say how much memory it has is taken to have this much, but no more than half of the machine's. */
const unknownGpuBytes = 8 * 2 ** 30;

/** Where a run computes, as far as its memory depends on it. */
export interface Place {
  device: PassDevice;
  /** Of the GPU; null on the processor, and where the system does not say. */
  memoryBytes: number | null;
}

export const processorPlace: Place = { device: 'cpu', memoryBytes: null };

/**
 * Whether frozen weights that are stored in 16 bits are kept so, which is slower, because 32 do not fit: a run into the
 * memory of the device, or the weights into that of the machine, through which they get there.
 * @param memory of the machine
 */
export function wantsHalves(
  experiment: Experiment,
  shape: ModelShape,
  { device, memoryBytes: ofGpu }: Place = processorPlace,
  memory = memoryBytes(),
): boolean {
  if (!experiment.torch.lora || !shape.inHalves) return false;
  const { bytes } = estimateEmbedded(experiment, shape, false, device);
  if (device === 'cpu') return bytes > usableShare * memory;
  return (
    bytes > usableShare * (ofGpu ?? Math.min(unknownGpuBytes, memory / 2)) ||
    4 * parameterCount(shape) > usableShare * memory
  );
}

/** The estimate for where it computes; null when nothing is known about the policy. @param memory of the machine */
export function memoryOf(
  experiment: Experiment,
  place: Place = processorPlace,
  memory = memoryBytes(),
): MemoryEstimate | null {
  const shape = modelShape(experiment.policy);
  if (shape === null) return null;
  return estimateEmbedded(experiment, shape, wantsHalves(experiment, shape, place, memory), place.device);
}

/** A sentence when the estimate for the processor does not fit, else null. It does not refuse the run: it is only an estimate. */
export function embeddedMemoryWarning(experiment: Experiment, memory = memoryBytes()): string | null {
  const estimate = memoryOf(experiment, processorPlace, memory);
  if (estimate === null || estimate.bytes <= memory) return null;
  return `Training may not fit: it takes ${describeMemory(estimate)}; this machine has ${gibibytes(memory)} of memory. To use less: ${remedies(experiment, estimate).join(', ')}.`;
}

/** Settings that make the biggest part smaller. */
export function remedies({ torch }: Experiment, { parts: [biggest] }: MemoryEstimate): string[] {
  switch (biggest?.kind) {
    case 'sampling':
      return ['a lower rollout.promptsPerStep, rollout.groupSize or rollout.maxNewTokens'];
    case 'activations':
      return [
        torch.gradientCheckpointing === false ? 'torch.gradientCheckpointing true' : '',
        'a lower torch.rowsPerPass or rollout.maxNewTokens',
      ].filter(Boolean);
    default:
      return [torch.lora ? '' : 'torch.lora', 'a smaller policy'].filter(Boolean);
  }
}

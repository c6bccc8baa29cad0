/** What a process that tests the GPU is asked, and the lines that it answers with. Drivers may end a process: it is one of its own. */
import { z } from 'zod';
import { type Experiment, experimentSchema, type RequestedDevice } from '../../experiment/index.js';
import type { MemoryEstimate } from '../memory/index.js';

/** What the embedded engine computes on. */
export type Device = 'cpu' | 'webgpu';

/** Where a piece of work computes. */
export interface ChosenDevice {
  device: Device;
  /** For people: `NVIDIA GeForce RTX 4060 (WebGPU)`; null for the processor. */
  name: string | null;
  /** Of the GPU; null for the processor, and where the system does not say. */
  memoryBytes: number | null;
}

export const processor: ChosenDevice = { device: 'cpu', name: null, memoryBytes: null };

export interface DeviceBuffer {
  /** `the logits of an update`, for people. */
  name: string;
  bytes: number;
  /** What makes it smaller, as people write it: `a lower rollout.groupSize`. */
  remedy: string;
}

/** What a piece of work asks of a GPU. */
export interface DeviceNeeds {
  /** Arrays that are one buffer each, the largest ones. */
  buffers: readonly DeviceBuffer[];
  /** All of its memory, estimated. */
  memory: MemoryEstimate;
  /** What makes that smaller. */
  remedies: readonly string[];
}

export interface DeviceHooks {
  /**
   * @param experiment whose step decides between the two; null where there is none: `auto` is the processor then
   * @param needs of work that is no run; null where it is small
   * @throws KnownError when a GPU was asked for and cannot be used
   */
  chooseDevice(
    requested: RequestedDevice,
    experiment: Experiment | null,
    needs?: DeviceNeeds | null,
  ): Promise<ChosenDevice>;
}

/** `adapter`: what the GPU can do, and how fast. `start`: whether it computes rightly, and what a run needs of it. */
export const deviceTestRequestSchema = z.object({
  kind: z.enum(['adapter', 'start']),
  /** The run that is to start on it. */
  experiment: experimentSchema.optional(),
  /** Also measures a step of that run on the GPU, then on the processor. */
  trial: z.boolean().default(false),
  /** Of the GPU, where that is known. */
  memoryBytes: z.number().nullable().default(null),
});
export type DeviceTestRequest = z.infer<typeof deviceTestRequestSchema>;

const onBoth = z.object({ webgpu: z.number(), cpu: z.number().optional() });

/** What was found so far; a later line adds to it. */
export const deviceFindingsSchema = z.object({
  /** What is being tried: where the process ends, that is what ended it. */
  trying: z.string().optional(),
  float16: z.boolean().optional(),
  /** Products of matrices, in 10⁹ floating-point operations a second. */
  speed: onBoth.optional(),
  /** Of a gradient, relative to that of the processor. */
  gradientError: z.number().nullable().optional().describe('null when it is not a number'),
  stepSeconds: onBoth.optional(),
  /** Why the test ended early. */
  failure: z.string().optional(),
  done: z.boolean().optional(),
});
export type DeviceFindings = z.infer<typeof deviceFindingsSchema>;

/** Where graphs run: the only file that names ONNX Runtime's execution providers. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import type { Device } from './graph/index.js';

export interface RuntimeOptions {
  /** Threads inside an operator on the processor. */
  threads: number;
  device: Device;
  /** Program of the threads that compute a share of a step each; without one no share is given away. */
  helper?: string;
  /** Has the calls to the GPU checked: what is refused then says what the adapter allows. */
  validates?: boolean;
}

/** Beside the bundle of the engine. Sources that run unbundled have none. */
const bundled = typeof __dirname === 'string' ? join(__dirname, 'engine-share.cjs') : '';
const helper = existsSync(bundled) ? { helper: bundled } : {};

/** @param threads as in an experiment: 0 uses one per core */
export function runtimeOptions(threads: number, device: Device = 'cpu'): RuntimeOptions {
  return { threads: threads === 0 ? availableParallelism() : threads, device, ...helper };
}

/** The devices that this build of ONNX Runtime can compute on, whether or not a driver is installed. */
export function builtDevices(): Device[] {
  const names = ort.listSupportedBackends().map(({ name }) => name);
  return (['cpu', 'webgpu'] as const).filter((device) => names.includes(device));
}

/** ONNX Runtime's options for a session of a graph that was built for the device. */
export function sessionOptions({
  threads,
  device,
  validates = false,
}: RuntimeOptions): ort.InferenceSession.SessionOptions {
  return {
    // Buffers are kept in buckets of sizes, the default: with `storageBufferCacheMode: 'simple'` the buffers of every
    // size that a graph was ever compiled for would stay.
    executionProviders: validates ? [{ name: device, validationMode: 'wgpuOnly' }] : [device],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    // A dozen graphs of other sizes are kept compiled. With an arena each would keep the memory of its own pass; the
    // trainer's allocator keeps it once, for all.
    enableCpuMemArena: false,
    enableMemPattern: false,
    extra: {
      session: {
        // Spinning threads steal the core that JavaScript needs between the runs of a decode loop.
        intra_op: { allow_spinning: '0' },
        // A node that the GPU cannot compute is a mistake in the graph: its values would cross the bus at each run.
        ...(device === 'webgpu' && { disable_cpu_ep_fallback: '1' }),
      },
    },
  };
}

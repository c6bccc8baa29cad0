/** What was found about the GPU of this machine, so that it is tested once: by the state of the machine, then by shape. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { defaultCacheDirectory } from '../../hub/index.js';
import { atomicWriteJson } from '../../runs/protocol/index.js';

const adapterSchema = z.object({
  name: z.string(),
  /** It computes on the processor. */
  software: z.boolean(),
  maxBufferBytes: z.number().nullable(),
  /** Its memory, about; null where the system does not say. */
  memoryBytes: z.number().nullable().default(null),
  float16: z.boolean(),
  /** Products of matrices, in 10⁹ floating-point operations a second. */
  speed: z.object({ webgpu: z.number(), cpu: z.number() }).nullable(),
  /** Why it cannot be used; null when it can. */
  failure: z.string().nullable(),
});
/** A GPU as it was tested. */
export type Adapter = z.infer<typeof adapterSchema>;

const trialSchema = z.union([
  z.object({
    webgpu: z.number(),
    cpu: z
      .number()
      .nullable()
      .describe('null when the processor took so much longer that it was not waited for'),
  }),
  z.object({ failure: z.string() }),
  z.object({ tooLong: z.literal(true) }),
]);
/** Seconds of a step on each; or why it fails on the GPU; or that measuring it would take too long. */
export type Trial = z.infer<typeof trialSchema>;

const machineSchema = z.object({
  adapter: adapterSchema.optional(),
  trials: z.record(z.string(), trialSchema).default({}),
});
type Machine = z.infer<typeof machineSchema>;
const fileSchema = z.object({ machines: z.record(z.string(), machineSchema) });

/** States of a machine that are kept: a home directory may be shared by several. */
const keptMachines = 16;

export class DeviceMemory {
  readonly #file: string;

  constructor(
    private readonly key: string,
    cacheDirectory: string = defaultCacheDirectory(),
  ) {
    this.#file = join(cacheDirectory, 'devices.json');
  }

  get adapter(): Adapter | null {
    return this.#read()[this.key]?.adapter ?? null;
  }

  trial(shape: string): Trial | null {
    return this.#read()[this.key]?.trials[shape] ?? null;
  }

  keepAdapter(adapter: Adapter): void {
    this.#change((machine) => ({ ...machine, adapter }));
  }

  keepTrial(shape: string, trial: Trial): void {
    this.#change((machine) => ({ ...machine, trials: { ...machine.trials, [shape]: trial } }));
  }

  #read(): Record<string, Machine> {
    try {
      return fileSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).machines;
    } catch {
      // None yet, or one that cannot be read: everything is tested again.
      return {};
    }
  }

  /** The newest machine is the last one. What cannot be written is tested again. */
  #change(change: (machine: Machine) => Machine): void {
    const { [this.key]: known = { trials: {} }, ...others } = this.#read();
    const kept = Object.entries(others).slice(1 - keptMachines);
    const machines = Object.fromEntries([...kept, [this.key, change(known)]]);
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      atomicWriteJson(this.#file, { machines });
    } catch {
      // A full disk is no reason not to train.
    }
  }
}

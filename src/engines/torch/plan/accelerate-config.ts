/** The few words of a configuration of accelerate that matter before the start, found in its text, YAML or JSON. */
import { readFileSync } from 'node:fs';

export interface AccelerateConfig {
  /** `FSDP`, `DEEPSPEED`, `MULTI_GPU`, `NO`, …; null when it says none. */
  distributedType: string | null;
  /** Whether the processes share weights, gradients and optimizer. */
  sharded: boolean;
}

/** Types with which accelerate starts one process, whatever number is requested. */
const alone: ReadonlySet<string> = new Set(['NO', 'MULTI_CPU']);

/** Null when the file cannot be read. */
export function readAccelerateConfig(file: string): AccelerateConfig | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  const type =
    /(?:^|[{,])\s*["']?distributed_type["']?\s*:\s*["']?(\w+)/m.exec(text)?.[1]?.toUpperCase() ?? null;
  const zero3 = /zero_stage["']?:\s*3|"stage":\s*3/.test(text);
  return { distributedType: type, sharded: type === 'FSDP' || zero3 };
}

export function startsOneProcess({ distributedType }: AccelerateConfig): boolean {
  return distributedType !== null && alone.has(distributedType);
}

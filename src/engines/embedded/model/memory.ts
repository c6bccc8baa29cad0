/** Whether the arrays of a policy fit into the memory of this machine. */
import { InputError } from '../../../errors.js';
import { memoryBytes } from '../plan/index.js';

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/**
 * Before anything is allocated: a RangeError, or the end of the process, would name no file.
 * @param values of one copy of the weights
 * @param copies float32 arrays of as many values that are held at once
 * @throws InputError naming the folder and both sizes
 */
export function checkMemory(folder: string, values: number, copies: number, memory = memoryBytes()): void {
  const bytes = 4 * values * copies;
  if (bytes <= memory) return;
  const what = copies === 1 ? 'its weights take' : `training its weights takes`;
  throw new InputError(
    `${folder}: ${what} ${gibibytes(bytes)} as float32; this machine has ${gibibytes(memory)} of memory.`,
    'Use a smaller policy, or the torch engine on a GPU (set engine to "torch").',
  );
}

/** Memory of this machine. */
import { totalmem } from 'node:os';

/** Of this machine, or of the container that limits it, bytes. */
export function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

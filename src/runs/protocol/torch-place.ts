/** Where the torch engine is on this machine. It is part of every request for a process that needs it. */
import { z } from 'zod';

export const torchPlaceSchema = z.object({
  /** Interpreter. */
  python: z.string(),
  /** Folder that holds the package `g2rl_torch`. */
  packageFolder: z.string(),
});
export type TorchPlace = z.infer<typeof torchPlaceSchema>;

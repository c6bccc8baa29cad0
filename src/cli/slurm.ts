/** `g2rl slurm`: a run that waits for its batch script, and the script. */
import { makeSlurmRun } from '../actions/slurm/index.js';
import { hostOf, newRunOf } from './context.js';
import { interruptedExitCode, terminal } from './terminal.js';
import type { TrainOptions } from './train.js';

export async function slurm(file: string, options: TrainOptions): Promise<number> {
  const made = await makeSlurmRun(newRunOf(file, options), hostOf(options), terminal);
  if (!made) return interruptedExitCode;
  process.stdout.write(`${made.script}\nCheck it, adapt it to your cluster, then submit it with sbatch.\n`);
  return 0;
}

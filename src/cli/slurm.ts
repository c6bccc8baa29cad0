/** `g2rl slurm`: a run, or the runs of a study, that wait for their batch script, and the script. */
import { makeSlurmRun, makeStudyScript } from '../actions/slurm/index.js';
import { engineChecks } from '../engines/checks/index.js';
import { loadStudy } from '../studies/plan/index.js';
import { hostOf, newRunOf, runsDirectory } from './context.js';
import { interruptedExitCode, terminal } from './terminal.js';
import type { TrainOptions } from './train.js';

export async function slurm(file: string, options: TrainOptions): Promise<number> {
  const host = hostOf(options);
  const script = /\.g2rl-study\.jsonc?$/.test(file)
    ? await makeStudyScript(
        loadStudy(file, { mediaDirectory: host.mediaDirectory, engineChecks, auto: 'torch' }),
        runsDirectory(options.runs),
        host,
        terminal,
      )
    : (await makeSlurmRun(newRunOf(file, options), host, terminal))?.script;
  if (!script) return interruptedExitCode;
  process.stdout.write(`${script}\nCheck it, adapt it to your cluster, then submit it with sbatch.\n`);
  return 0;
}

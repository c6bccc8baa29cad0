/** `g2rl slurm`: a run that waits for its batch script, and the script. */

import { createSlurmRun } from '../actions/index.js';
import { engineChecks } from '../engines/checks/index.js';
import { asOneProcess } from '../engines/torch/plan/index.js';
import { formatProblem, loadExperiment } from '../experiment/index.js';
import { mediaDirectory, runsDirectory, torchPackage, version } from './context.js';
import { pythonFor } from './torch.js';
import type { TrainOptions } from './train.js';

export async function slurm(file: string, options: TrainOptions): Promise<number> {
  const { experiment, warnings } = loadExperiment(file, {
    set: options.set ?? [],
    mediaDirectory,
    engineChecks,
    engine: 'torch',
  });
  for (const warning of warnings) process.stderr.write(`warning: ${formatProblem(warning)}\n`);
  // Here the script is only written: neither this machine's GPUs nor its memory count.
  const { torch, ...alone } = asOneProcess(experiment);
  const python = await pythonFor({ ...alone, torch: { ...torch, cpu: true } }, options.python);
  const { script } = await createSlurmRun(
    {
      experiment,
      experimentFile: file,
      runsDirectory: runsDirectory(options.runs),
      mediaDirectory,
      version: version(),
      torch: {
        device: `${experiment.torch.nodes} × ${experiment.torch.processes} GPUs, Slurm`,
        versions: {},
      },
    },
    {
      python,
      packageFolder: torchPackage,
      hooks: { log: (line) => process.stderr.write(`${line}\n`), stopRequested: () => false },
    },
  );
  process.stdout.write(`${script}\nLook it through, adapt it to your cluster, then submit it with sbatch.\n`);
  return 0;
}

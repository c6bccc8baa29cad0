/** A batch script that trains the runs of a study, a task each. Pure: people see it and adapt it. */
import type { Experiment } from '../../../experiment/index.js';
import { otherFolder, quoted, sbatchQuoted } from './slurm.js';

export interface SlurmArrayOptions {
  /** Of the study. */
  name: string;
  /** Folder of the study. */
  directory: string;
  /** Of every run: how many machines and GPUs it takes. */
  torch: Pick<Experiment['torch'], 'nodes' | 'processes'>;
  /** The script of each run, and what the run is called in the study. */
  runs: readonly { script: string; label: string }[];
  /** Tasks at once; null for as many as the cluster gives. */
  most: number | null;
}

/** @throws InputError where a name or a folder cannot stand in such a script */
export function slurmArrayScript({ name, directory, torch, runs, most }: SlurmArrayOptions): string {
  const jobName = sbatchQuoted(`g2rl-${name}`, 'name', 'Use letters, digits, ".", "_" and "-".');
  const folder = sbatchQuoted(directory, 'The folder of the study', otherFolder);
  // A value of a grid may be any text, and a comment ends with its line.
  const list = runs.map(
    ({ script, label }, index) => `  ${quoted(script)} # ${index}: ${label.replace(/\p{Cc}/gu, ' ')}`,
  );
  return `#!/bin/bash
# Trains the ${runs.length} runs of the study "${name}", a task each. Adapt what follows to your cluster (partition, account,
# time), then submit this file. Submitted again, finished runs end at once, and the others resume from their newest
# checkpoints; "sbatch --array=3,5" submits only some of them.
#SBATCH --job-name=${jobName}
#SBATCH --array=0-${runs.length - 1}${most === null ? '' : `%${most}`}
#SBATCH --nodes=${torch.nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=${torch.processes}
#SBATCH --cpus-per-task=${4 * torch.processes}
#SBATCH --time=24:00:00
#SBATCH --chdir=${folder}
#SBATCH --output=slurm-%A-%a.txt
# Five minutes before the time is up each run is asked to stop, which saves a checkpoint.
#SBATCH --signal=B:USR1@300
set -euo pipefail

# The script of each run; its own #SBATCH lines do not count here.
SCRIPTS=(
${list.join('\n')}
)
SCRIPT=\${SCRIPTS[$SLURM_ARRAY_TASK_ID]}
if grep -Eq '"state": *"finished"' "$(dirname "$SCRIPT")/status.json" 2> /dev/null; then
  echo "$SCRIPT has finished."
  exit 0
fi
# It takes this process's place, so that the signal reaches it.
exec bash "$SCRIPT"
`;
}

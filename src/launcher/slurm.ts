/** A batch script that trains a run on several machines. Pure: people see it and adapt it. */
import type { Experiment } from '../experiment/schema.js';

export interface SlurmOptions {
  experiment: Experiment;
  runDirectory: string;
  packageFolder: string;
  /** Interpreter, on a file system that all machines see. */
  python: string;
}

/** A text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function slurmScript({ experiment, runDirectory, packageFolder, python }: SlurmOptions): string {
  const { torch, name } = experiment;
  const configured = torch.accelerateConfig !== undefined;
  return `#!/bin/bash
# Trains "${name}" on ${torch.nodes} machines with ${torch.processes} GPUs each. Adapt what follows to your cluster
# (partition, account, time), then submit this file. Submitted again, it resumes from the newest checkpoint.
#SBATCH --job-name=g2rl-${name}
#SBATCH --nodes=${torch.nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=${torch.processes}
#SBATCH --cpus-per-task=${4 * torch.processes}
#SBATCH --time=24:00:00
#SBATCH --output=${runDirectory}/slurm-%j.txt
# Five minutes before the time is up the run is asked to stop, which saves a checkpoint.
#SBATCH --signal=B:USR1@300
set -euo pipefail

# All machines must see these, and the model must be in their cache or reachable.
export RUN=${quoted(runDirectory)}
export PYTHON=${quoted(python)}
export PYTHONPATH=${quoted(packageFolder)}
${configured ? `export ACCELERATE_CONFIG=${quoted(torch.accelerateConfig!)}\n` : ''}export HF_HUB_DISABLE_PROGRESS_BARS=1 TOKENIZERS_PARALLELISM=false

${torch.cpu ? 'export ACCELERATE_USE_CPU=true' : '# module load cuda'}

HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export HEAD
trap 'echo "{\\"mode\\":\\"checkpoint\\"}" > "$RUN/control/stop"' USR1 TERM

srun --kill-on-bad-exit=1 bash -c '
  exec "$PYTHON" -m accelerate.commands.launch ${configured ? '--config_file "$ACCELERATE_CONFIG"' : '--multi_gpu'} \\
    --num_machines "$SLURM_NNODES" --machine_rank "$SLURM_PROCID" \\
    --num_processes $((SLURM_NNODES * ${torch.processes})) \\
    --main_process_ip "$HEAD" --main_process_port 29500 \\
    --tee 3 --log_dir "$RUN/logs/machine-$SLURM_PROCID" \\
    --module g2rl_torch run "$RUN"
' >> "$RUN/log.txt" 2>&1 &
# A trapped signal ends the first wait; the processes then end by themselves.
wait $! || wait $!
`;
}

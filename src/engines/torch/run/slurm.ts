/** A batch script that trains a run on several machines. Pure: people see it and adapt it. */
import { delimiter, dirname, isAbsolute } from 'node:path';
import { InputError } from '../../../errors.js';
import { type Experiment, pythonReward } from '../../../experiment/index.js';
import { RUN_SCHEMA_VERSION } from '../../../runs/protocol/index.js';
import { accelerateConfigOf } from './accelerate.js';

export interface SlurmOptions {
  experiment: Experiment;
  runDirectory: string;
  packageFolder: string;
  /** Interpreter, on a file system that all machines see. */
  python: string;
}

/** A text as one word of a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A text as one word of an #SBATCH line, where a backslash also escapes inside quotes.
 * @throws InputError for control characters, such as an end of a line, which no such line can hold
 */
export function sbatchQuoted(text: string, field: string, hint: string): string {
  const [control] = /\p{Cc}/u.exec(text) ?? [];
  if (control !== undefined) {
    throw new InputError(
      `${field} has the character ${JSON.stringify(control)}, which a batch script cannot name: ${JSON.stringify(text)}.`,
      hint,
    );
  }
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

export const otherFolder = 'Choose another folder for the runs: the setting g2rl.runsDirectory, or --runs.';

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;

/** @throws InputError where a name or a folder cannot stand in such a script */
export function slurmScript(options: SlurmOptions): string {
  const { experiment, runDirectory, packageFolder, python } = options;
  const { torch, name } = experiment;
  const jobName = sbatchQuoted(`g2rl-${name}`, 'name', 'Use letters, digits, ".", "_" and "-".');
  const folder = sbatchQuoted(runDirectory, 'The folder of the run', otherFolder);
  if (packageFolder.includes(delimiter)) {
    throw new InputError(
      `The folder of the run has a "${delimiter}", which separates folders in PYTHONPATH: ${packageFolder}.`,
      otherFolder,
    );
  }
  const configuration = accelerateConfigOf(experiment, runDirectory);
  return `#!/bin/bash
# Trains "${name}" on ${count(torch.nodes, 'machine')} with ${count(torch.processes, 'GPU')} each. Adapt what follows to your cluster
# (partition, account, time), then submit this file. Submitted again, it resumes from the newest checkpoint.
#SBATCH --job-name=${jobName}
#SBATCH --nodes=${torch.nodes}
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=${torch.processes}
#SBATCH --cpus-per-task=${4 * torch.processes}
#SBATCH --time=24:00:00
#SBATCH --chdir=${folder}
#SBATCH --output=slurm-%j.txt
# Five minutes before the time is up the run is asked to stop, which saves a checkpoint.
#SBATCH --signal=B:USR1@300
set -euo pipefail

# All machines must see these, and the model must be in their cache or reachable.${rewardFiles(experiment)}
export RUN=${quoted(runDirectory)}
export PYTHON=${quoted(python)}
export PYTHONPATH=${quoted(packageFolder)}
export ACCELERATE_CONFIG=${quoted(configuration)}
export HF_HUB_DISABLE_PROGRESS_BARS=1 TOKENIZERS_PARALLELISM=false PYTHONSAFEPATH=1
# GPUs are numbered as nvidia-smi numbers them.
export CUDA_DEVICE_ORDER=\${CUDA_DEVICE_ORDER:-PCI_BUS_ID}

${torch.cpu ? 'export ACCELERATE_USE_CPU=true' : '# module load cuda'}

${lastWord}
# Jobs on the same machine must not use the same port.
PORT=$((20000 + SLURM_JOB_ID % 10000))
HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
export PORT HEAD
# Since Slurm 22.05 srun does not take this from the job by itself.
export SRUN_CPUS_PER_TASK=\${SLURM_CPUS_PER_TASK:-1}
trap 'echo "{\\"mode\\":\\"checkpoint\\"}" > "$RUN/control/stop"' USR1 TERM

# Other files that the configuration names are in its folder.
cd ${quoted(dirname(configuration))}
srun --kill-on-bad-exit=1 bash -c '
  exec "$PYTHON" -m accelerate.commands.launch --config_file "$ACCELERATE_CONFIG" \\
    --num_machines "$SLURM_NNODES" --machine_rank "$SLURM_PROCID" \\
    --num_processes $((SLURM_NNODES * ${torch.processes})) \\
    --main_process_ip "$HEAD" --main_process_port "$PORT" --deepspeed_multinode_launcher standard \\
    --tee 3 --log_dir "$RUN/logs/machine-$SLURM_PROCID" \\
    --module g2rl_torch run "$RUN"
' >> "$RUN/log.txt" 2>&1 &
JOB=$!
# A trapped signal ends a wait before the processes have ended.
while kill -0 "$JOB" 2> /dev/null; do wait "$JOB" || true; done
wait "$JOB"
`;
}

/** Names what rewards are made of, as comments. */
function rewardFiles({ rewards = [] }: Experiment): string {
  const files = rewards.flatMap(({ python, command = [] }) =>
    python === undefined ? command.filter((word) => isAbsolute(word)) : [pythonReward(python).file],
  );
  const lines = [...new Set(files)].map((file) => `\n#   ${JSON.stringify(file)}`);
  return lines.length === 0
    ? ''
    : `\n# Rewards are made of these files, which they must see, too:${lines.join('')}`;
}

/** A part of the script. It needs no Python, which may be what is missing. */
const lastWord = `# Writes the failed status where no process of the job has: Python did not start or was killed.
status() { cat "$RUN/status.json" 2> /dev/null || true; }
number() { status | sed -n "s/.*\\"$1\\": *\\([0-9][0-9]*\\).*/\\1/p" | head -n 1; }
BEFORE=$(status)
last_word() {
  CODE=$?
  set +e
  if [ "$CODE" -eq 0 ]; then return; fi
  # The status of an earlier job does not count.
  if [ "$(status)" != "$BEFORE" ] && status | grep -Eq '"state": *"(finished|stopped|failed)"'; then return; fi
  NOW=$(date -u +%Y-%m-%dT%H:%M:%S.000Z) STEP=$(number step) TOTAL=$(number totalSteps) TOKENS=$(number tokens)
  CHECKPOINT=$(number checkpointStep)
  cat > "$RUN/.status.json.slurm" << STATUS
{
  "schema": ${RUN_SCHEMA_VERSION}, "state": "failed",
  "host": "$(hostname)", "pid": $$, "processStart": "", "heartbeat": "$NOW", "startedAt": "$NOW",
  "step": \${STEP:-0}, "totalSteps": \${TOTAL:-0}, "tokens": \${TOKENS:-0}, "secondsPerStep": null,
  "evaluation": null, "checkpointStep": \${CHECKPOINT:-null},
  "error": {
    "message": "The batch job ended with exit code $CODE.",
    "hint": "Look at log.txt and slurm-\${SLURM_JOB_ID:-*}.txt in the run folder, then submit train.sbatch again."
  }
}
STATUS
  mv "$RUN/.status.json.slurm" "$RUN/status.json"
}
trap last_word EXIT
`;

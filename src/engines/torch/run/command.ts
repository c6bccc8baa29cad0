/** How the torch engine is started. Pure. */
import { delimiter, dirname, join } from 'node:path';
import type { Experiment } from '../../../experiment/index.js';
import type { TorchPlace } from '../../../runs/protocol/index.js';
import { accelerateConfigOf } from './accelerate.js';

export interface TorchCommand {
  program: string;
  parameters: string[];
  /** What is added to the environment. */
  environment: Record<string, string>;
  /** Where it starts; undefined where that does not matter. */
  folder?: string;
}

interface PythonOptions extends TorchPlace {
  /** The process that waits for this one and reports how it ended. */
  parent: number;
  /** `PYTHONPATH` as it is. */
  pythonPath?: string | undefined;
}

export interface CommandOptions extends PythonOptions {
  runDirectory: string;
}

const module = 'g2rl_torch';

/** Python itself for one process without a configuration, else accelerate's launcher. */
export function torchCommand(experiment: Experiment, options: CommandOptions): TorchCommand {
  const { torch, threads } = experiment;
  const { python, runDirectory } = options;
  const alone = torch.processes === 1 && torch.accelerateConfig === undefined;
  const launcher = [
    ...['-m', 'accelerate.commands.launch'],
    // How the processes share the work stands in there alone: a flag such as --multi_gpu would switch FSDP off.
    ...['--config_file', accelerateConfigOf(experiment, runDirectory)],
    ...['--num_processes', String(torch.processes), '--num_machines', '1', '--machine_rank', '0'],
    // Two runs on one machine must not use the same port.
    ...['--main_process_port', '0'],
    // Each process has its own log, and its lines in the common one begin with its rank.
    ...['--tee', '3', '--log_dir', join(runDirectory, 'logs')],
    ...['--module', module, 'run', runDirectory],
  ];
  const perProcess = threads > 0 ? Math.max(1, Math.floor(threads / torch.processes)) : 0;
  return {
    program: python,
    parameters: alone ? ['-m', module, 'run', runDirectory] : launcher,
    environment: {
      ...pythonEnvironment(options),
      ...(perProcess > 0 && { OMP_NUM_THREADS: String(perProcess) }),
      ...(torch.cpu && { ACCELERATE_USE_CPU: 'true', CUDA_VISIBLE_DEVICES: '' }),
      // Python looks for modules where it starts, too: a file of the person's must not hide one of a package.
      ...(torch.accelerateConfig !== undefined && { PYTHONSAFEPATH: '1' }),
    },
    // Other files that a configuration names, such as DeepSpeed's own, are in its folder.
    ...(torch.accelerateConfig !== undefined && { folder: dirname(torch.accelerateConfig) }),
  };
}

/** Scores a checkpoint: the request goes along, the record comes out on standard output. */
export function evaluationCommand(request: object, options: PythonOptions): TorchCommand {
  return {
    program: options.python,
    parameters: ['-m', module, 'evaluate', JSON.stringify(request)],
    environment: pythonEnvironment(options),
  };
}

/** Environment variables that Python always gets. */
function pythonEnvironment({ packageFolder, pythonPath, parent }: PythonOptions): Record<string, string> {
  return {
    PYTHONPATH: [packageFolder, pythonPath].filter(Boolean).join(delimiter),
    PYTHONUNBUFFERED: '1',
    G2RL_PARENT: String(parent),
    // The log is a file: bars that redraw themselves fill it.
    HF_HUB_DISABLE_PROGRESS_BARS: '1',
    TOKENIZERS_PARALLELISM: 'false',
  };
}

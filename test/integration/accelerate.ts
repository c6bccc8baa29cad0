/** What accelerate makes of a command line, asked of its own parser, on a machine whose person has a default configuration. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pythonEnvironment } from './python.js';

export const configurations = {
  fsdp: `compute_environment: LOCAL_MACHINE
distributed_type: FSDP
fsdp_config:
  fsdp_version: 2
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_reshard_after_forward: true
mixed_precision: bf16
num_machines: 2
machine_rank: 1
main_process_ip: 10.0.0.1
num_processes: 8
`,
  deepspeed: `compute_environment: LOCAL_MACHINE
distributed_type: DEEPSPEED
deepspeed_config:
  zero_stage: 3
num_machines: 1
num_processes: 8
`,
  several: `compute_environment: LOCAL_MACHINE
distributed_type: MULTI_GPU
num_machines: 2
num_processes: 8
`,
} as const;

/** What decides which processes are started, and how they share the work. */
export interface Launch {
  multi_gpu: boolean;
  use_fsdp: boolean;
  use_deepspeed: boolean;
  fsdp_version: number;
  zero_stage: number | null;
  num_processes: number;
  num_machines: number;
  machine_rank: number;
  gpu_ids: string;
  mixed_precision: string;
  deepspeed_multinode_launcher: string | null;
}

/** Imports the parser once, which takes seconds; each command line is read in a process that is forked from it. */
const program = `
import json, os, sys
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
names = ("multi_gpu use_fsdp use_deepspeed fsdp_version zero_stage num_processes num_machines machine_rank gpu_ids"
         " mixed_precision deepspeed_multinode_launcher")
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args(json.loads(line)))
        print(json.dumps({name: getattr(arguments, name) for name in names.split()}), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        print("null", flush=True)
`;

/** accelerate's reading of command lines, by its own parser; for one file of tests. */
export class AccelerateParser {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  #errors = '';

  /** @param home a folder for the person's default configuration, which asks for what nobody here wants */
  constructor(python: string, home: string) {
    const folder = join(home, 'accelerate');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'default_config.yaml'),
      'compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\ngpu_ids: 0,1\nnum_machines: 2\nnum_processes: 2\nmixed_precision: fp16\n',
    );
    this.#child = spawn(python, ['-c', program], { env: pythonEnvironment({ HF_HOME: home }) });
    this.#child.stderr.on('data', (data: Buffer) => {
      this.#errors += data.toString();
    });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @param words those after `accelerate launch` */
  async launchOf(words: readonly string[]): Promise<Launch> {
    this.#child.stdin.write(`${JSON.stringify(words)}\n`);
    const { value } = await this.#answers.next();
    const launch = JSON.parse(value ?? 'null') as Launch | null;
    if (launch === null)
      throw new Error(`accelerate does not understand ${words.join(' ')}:\n${this.#errors}`);
    return launch;
  }

  end(): void {
    this.#child.stdin.end();
  }
}

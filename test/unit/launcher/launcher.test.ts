import { describe, expect, test } from 'vitest';
import { experimentSchema } from '../../../src/experiment/schema.js';
import { torchCommand } from '../../../src/launcher/command.js';
import { explainEnd } from '../../../src/launcher/explain-end.js';
import { slurmScript } from '../../../src/launcher/slurm.js';

const options = {
  python: '/opt/python',
  packageFolder: '/lab/src/torch',
  runDirectory: "/runs/it's",
  parent: 4711,
};
const experiment = (torch: object, threads = 0) =>
  experimentSchema.parse({ engine: 'torch', torch, threads });

describe('the command', () => {
  test('of one process is Python itself', () => {
    const { program, parameters, environment } = torchCommand(experiment({}), options);
    expect([program, ...parameters]).toEqual(['/opt/python', '-m', 'g2rl_torch', 'run', "/runs/it's"]);
    expect(environment).toMatchObject({ PYTHONPATH: '/lab/src/torch', G2RL_PARENT: '4711' });
    expect(environment).not.toHaveProperty('OMP_NUM_THREADS');
    expect(environment).not.toHaveProperty('CUDA_VISIBLE_DEVICES');
  });

  test('of several is accelerate, with a configuration of the run', () => {
    const { parameters, environment, folder } = torchCommand(
      experiment({ processes: 4, cpu: true }, 8),
      options,
    );
    expect(parameters.slice(0, 2)).toEqual(['-m', 'accelerate.commands.launch']);
    expect(parameters.join(' ')).toContain("--config_file /runs/it's/accelerate.yaml --num_processes 4");
    expect(parameters.slice(-4)).toEqual(['--module', 'g2rl_torch', 'run', "/runs/it's"]);
    expect(environment).toMatchObject({
      OMP_NUM_THREADS: '2',
      ACCELERATE_USE_CPU: 'true',
      CUDA_VISIBLE_DEVICES: '',
    });
    expect(environment).not.toHaveProperty('PYTHONSAFEPATH');
    expect(folder).toBeUndefined();
  });

  test.each([1, 4])("takes a person's configuration for %i processes, and starts beside it", (processes) => {
    const one = experiment({ accelerateConfig: '/etc/shards/fsdp.yaml', processes });
    const { parameters, environment, folder } = torchCommand(one, { ...options, pythonPath: '/mine' });
    expect(parameters.join(' ')).toContain(
      `--config_file /etc/shards/fsdp.yaml --num_processes ${processes} --num_machines 1 --machine_rank 0`,
    );
    // Given on the command line it would go before the FSDP or DeepSpeed of the configuration.
    expect(parameters).not.toContain('--multi_gpu');
    expect(folder).toBe('/etc/shards');
    expect(environment).toMatchObject({ PYTHONPATH: '/lab/src/torch:/mine', PYTHONSAFEPATH: '1' });
  });
});

describe('the last word', () => {
  const end = { code: 1, signal: null, spawnError: null };

  test.each([
    [
      { ...end, spawnError: 'spawn /opt/python ENOENT' },
      '',
      /cannot be started.*ENOENT/,
      /Set Up GPU Engine/,
    ],
    [{ ...end, code: null, signal: 'SIGKILL' as const }, '', /was killed/, /Memory may have run out/],
    [{ ...end, code: null, signal: 'SIGSEGV' as const }, '', /by SIGSEGV/, /log\.txt/],
    [
      end,
      "Traceback …\n  File …\nModuleNotFoundError: No module named 'trl'\n",
      /No module named 'trl'/,
      /Set Up GPU Engine/,
    ],
    [end, '[default1]:torch.distributed.DistBackendError: NCCL error\n', /NCCL error/, /log\.txt/],
    [{ ...end, code: 3 }, 'nothing of use\n', /exit code 3/, /log\.txt/],
  ])('%o', (how, log, message, hint) => {
    const error = explainEnd(how, log);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});

test('a Slurm script starts every machine on the same run', () => {
  const text = slurmScript({ ...options, experiment: experiment({ nodes: 3, processes: 8 }) });
  expect(text).toContain('#SBATCH --nodes=3\n');
  expect(text).toContain('#SBATCH --gpus-per-node=8\n');
  expect(text).toContain('--num_processes $((SLURM_NNODES * 8))');
  expect(text).toContain("export RUN='/runs/it'\\''s'\n");
});

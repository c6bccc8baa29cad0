import { describe, expect, test } from 'vitest';
import { torchCommand } from '../../../../src/engines/torch/run/command.js';
import { explainEnd } from '../../../../src/engines/torch/run/explain-end.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';

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

/** What torch says last of several processes. */
const summary = (rank: number, code: number, signal?: string) => `Traceback (most recent call last):
torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \n${'='.repeat(52)}
g2rl_torch FAILED
Failures:
  <NO_OTHER_FAILURES>
Root Cause (first observed failure):
[0]:
  time      : 2026-01-01_00:00:00
  host      : here
  rank      : ${rank} (local_rank: ${rank})
  exitcode  : ${code} (pid: 4711)${signal ? ` (${signal})` : ''}
  error_file: <N/A>
  traceback : ${signal ? `Signal ${-code} (${signal}) received by PID 4711` : 'To enable traceback see: https://pytorch.org/docs/stable/elastic/errors.html'}
`;

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
    [end, summary(0, -9, 'SIGKILL'), /^The training process of rank 0 was killed/, /Memory may have run out/],
    [
      end,
      `[default1]:RuntimeError: Connection closed by peer\n${summary(0, -9, 'SIGKILL')}`,
      /^The training process of rank 0 was killed/,
      /Memory may have run out/,
    ],
    [
      end,
      `[default0]:RuntimeError: Connection closed by peer\n${summary(1, -11, 'SIGSEGV')}`,
      /^The training process of rank 1 ended unexpectedly, by SIGSEGV/,
      /log\.txt/,
    ],
    [
      end,
      `[default1]:ValueError: of rank 1\n[default0]:RuntimeError: Connection closed\n${summary(1, 1)}`,
      /^ValueError: of rank 1/,
      /log\.txt/,
    ],
    [end, summary(1, 7), /^The training process of rank 1 ended unexpectedly, with exit code 7/, /log\.txt/],
    [
      end,
      "subprocess.CalledProcessError: Command '['/opt/python', '-m', 'g2rl_torch', 'run', '/r']' died with <Signals.SIGKILL: 9>.\n",
      /^The training process was killed/,
      /Memory may have run out/,
    ],
    [
      end,
      "ValueError: its own\nsubprocess.CalledProcessError: Command '['/opt/python', '-m', 'g2rl_torch', 'run', '/r']' returned non-zero exit status 1.\n",
      /^ValueError: its own/,
      /log\.txt/,
    ],
    [{ ...end, code: 3 }, 'nothing of use\n', /exit code 3/, /log\.txt/],
  ])('%o', (how, log, message, hint) => {
    const error = explainEnd(how, log);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });
});

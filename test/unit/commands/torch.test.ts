/** What a person is offered when a torch run cannot go on here. The editor and the machine are stand-ins. */
import { expect, test, vi } from 'vitest';
import { pythonOf } from '../../../src/commands/python-of.js';
import { resume } from '../../../src/commands/resume.js';
import type { Services } from '../../../src/commands/services.js';
import { planTorchHere } from '../../../src/commands/torch.js';
import type { EnvironmentReport } from '../../../src/engines/torch/environment/report.js';
import { experimentSchema } from '../../../src/experiment/schema.js';
import type { WatchedRun } from '../../../src/views/run-feed.js';
import { runOf } from '../views/fixtures.js';

vi.mock('vscode', () => ({
  workspace: { isTrusted: true },
  window: { withProgress: (_options: unknown, task: () => unknown) => task() },
  Disposable: class {},
  Uri: class {},
}));
vi.mock('../../../src/views/setup/torch-environment.js', () => ({
  TorchEnvironment: class {
    inspect = async () => machine(2);
  },
}));

const h100 = { name: 'H100', bytes: 2 ** 40 };

/** A machine that has everything, or without GPUs, nothing. */
function machine(gpus: number): EnvironmentReport {
  return {
    usable: gpus > 0,
    interpreter: {
      path: '/opt/python',
      python: { version: '3.12.4' },
      torch: { gpus: Array.from({ length: gpus }, () => h100) },
    },
    problems: gpus > 0 ? [] : [{ message: 'This Python lacks trl.', hint: '' }],
    packages: [],
    optional: [],
    gpus: { gpus: [], driver: null, problem: null, visible: null },
  } as unknown as EnvironmentReport;
}

function torchRun(torch: object, waits = false): WatchedRun {
  const { summary } = runOf({ state: 'stopped' });
  const experiment = experimentSchema.parse({ engine: 'torch', torch });
  const manifest = { ...summary.manifest, experiment, engine: 'torch', waits };
  return { directory: '/runs/one', summary: { ...summary, manifest } } as unknown as WatchedRun;
}

const servicesWith = (run: WatchedRun) =>
  ({ library: { ready: Promise.resolve(), run: () => run } }) as unknown as Services;

test.each<[string, object, number, string | undefined]>([
  ['no environment', {}, 0, 'Set Up GPU Engine'],
  ['several machines', { nodes: 2 }, 2, 'New Slurm Script'],
  ['more processes than GPUs', { processes: 4 }, 2, undefined],
])('%s: the button is one that helps', async (_name, torch, gpus, title) => {
  const experiment = experimentSchema.parse({ engine: 'torch', torch });
  const error = await planTorchHere(experiment, machine(gpus)).catch((refused) => refused);
  expect(error).toMatchObject({ name: 'UserError' });
  expect(error.action?.title).toBe(title);
});

test('a checkpoint of many GPUs and machines is evaluated on what is here', async () => {
  const run = torchRun({ nodes: 4, processes: 8 });
  expect(await pythonOf(servicesWith(run), run, 'evaluate')).toBe('/opt/python');
  await expect(pythonOf(servicesWith(run), run, 'resume')).rejects.toThrow('torch.nodes: 4');
});

test('a run of a batch script is resumed by the script', async () => {
  const error = await resume(servicesWith(torchRun({ nodes: 2 }, true)), '/runs/one').catch(
    (refused) => refused,
  );
  expect(error.message).toContain('Submit /runs/one/train.sbatch again');
  expect(error.action?.title).toBe('Open Script');
});

/** What a person is offered when something cannot go on here: a button in the editor, a sentence in the terminal. */
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { explain } from '../../../src/cli/context.js';
import { withRemedy } from '../../../src/commands/remedies.js';
import { resume } from '../../../src/commands/resume.js';
import type { Services } from '../../../src/commands/services.js';
import { planTorch } from '../../../src/engines/torch/plan/plan.js';
import { KnownError } from '../../../src/errors.js';
import { UserError } from '../../../src/views/report.js';
import type { WatchedRun } from '../../../src/views/run-feed.js';
import { scratch } from '../../scratch.js';
import { existingRun, experimentOf, machine, newRunIn } from '../actions/faces.js';
import { runOf } from '../views/fixtures.js';

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  workspace: { isTrusted: true },
  Disposable: class {},
  Uri: { joinPath: () => ({ fsPath: '/extension' }) },
}));

const caught = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error;
  }
};

test.each<[string, object, number, string | undefined, RegExp]>([
  ['no environment', {}, 0, 'Set Up GPU Engine', /^This Python lacks trl\.\n {2}Run "g2rl setup" /],
  ['several machines', { nodes: 2 }, 2, 'New Slurm Script', /Slurm script.*Run "g2rl slurm"/],
  ['more processes than GPUs', { processes: 4 }, 2, undefined, /Set torch\.processes to 2 at most\.$/],
])('%s: the button and the sentence are ones that help', (_name, torch, gpus, title, sentence) => {
  const refused = caught(() => planTorch(experimentOf({ engine: 'torch', torch }), machine(gpus)));
  const shown = withRemedy(refused);
  expect(shown).toBeInstanceOf(KnownError);
  expect(shown instanceof UserError ? shown.action?.title : undefined).toBe(title);
  expect(explain(refused)).toMatch(sentence);
});

test('a run of a batch script is resumed by the script', async () => {
  const settings = { engine: 'torch', torch: { nodes: 2 } };
  const directory = await existingRun(newRunIn(scratch()), settings, { waits: true });
  const run = { ...runOf({ state: 'stopped' }), directory } as unknown as WatchedRun;
  const services = { library: { ready: Promise.resolve(), run: () => run } } as unknown as Services;
  const shown = withRemedy(await resume(services, directory).catch((refused) => refused));
  expect(shown).toBeInstanceOf(UserError);
  const { message, action } = shown as UserError;
  expect(message).toContain(`Submit ${join(directory, 'train.sbatch')} again`);
  expect(action?.title).toBe('Open Script');
});

test('other errors stay as they are', () => {
  const defect = new Error('A defect.');
  expect(withRemedy(defect)).toBe(defect);
  expect(explain(defect)).toBeNull();
});

/** A folder as a user would have it: the extension's own default experiment, made short by editing the file. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyEdits, modify } from 'jsonc-parser';

export interface Workspace {
  folder: string;
  experiment: string;
  remove(): Promise<void>;
}

/** Settings by path. Enough steps that the run outlives the test, which stops it; groups small enough to be quick. */
export const shortExperiment = {
  groupSize: 6,
  promptsPerStep: 4,
  steps: 50_000,
};

type Change = [path: string[], value: unknown];

const short: readonly Change[] = [
  [['rollout', 'groupSize'], shortExperiment.groupSize],
  [['rollout', 'promptsPerStep'], shortExperiment.promptsPerStep],
  [['optimization', 'steps'], shortExperiment.steps],
  [['evaluation', 'every'], 40],
  [['checkpoints'], { every: 200, keep: 3 }],
  [['evaluation', 'benchmarks'], [{ name: 'countdown-test', samples: 4, limit: 12 }]],
];

/** A new folder with `countdown.g2rl.json`, the shipped experiment, by default with `shortExperiment`'s settings. */
export async function createWorkspace(changes = short): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'g2rl-workspace-'));
  let text = await readFile('media/experiments/countdown.g2rl.json', 'utf8');
  for (const [path, value] of changes) {
    text = applyEdits(
      text,
      modify(text, path, value, { formattingOptions: { tabSize: 2, insertSpaces: true } }),
    );
  }
  const experiment = join(folder, 'countdown.g2rl.json');
  await writeFile(experiment, text);
  return { folder, experiment, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/**
 * Whole steps of the embedded engine with 16 prompts × 16 responses of exactly 32 tokens, one for each line read:
 * the counterpart of trl_step.py, with the same protocol.
 *
 *   forced-step.mjs <policy folder> <prompts.json> <threads>
 *
 * Writes the prompts of the first 64 steps to `prompts.json`, so that the other trainer can use the same ones; prints
 * `{"ready": {…}}`, then `{"seconds": s, "responseTokens": n, "peakRssBytes": b}` for each line.
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { experimentSchema } from '../../src/experiment/schema.js';
import { trainingPrompts } from '../../src/tasks/prompts.js';
import { inTrainerEnvironment, makeTrainer, peakRssBytes, runOptions } from './index.js';

const steps = 64;

function writePrompts(file: string): void {
  const { task, rollout } = experimentSchema.parse({});
  const source = trainingPrompts(task, 0);
  const texts = Array.from({ length: steps }, (_, index) =>
    source.promptsForStep(index + 1, rollout.promptsPerStep).map(({ text }) => text),
  );
  writeFileSync(file, JSON.stringify(texts.flat()));
}

inTrainerEnvironment();
const [folder, promptFile, threads] = process.argv.slice(2);
if (folder === undefined || promptFile === undefined)
  throw new Error('Name the policy and the prompts file.');
writePrompts(promptFile);
const trainer = await makeTrainer(folder, true, runOptions(Number(threads)));
console.log(JSON.stringify({ ready: { threads: Number(threads) } }));

let step = 0;
for await (const _ of createInterface(process.stdin)) {
  const { metrics, tokens } = await trainer.step(++step);
  console.log(
    JSON.stringify({
      seconds: metrics.step_time,
      responseTokens: tokens,
      peakRssBytes: peakRssBytes(),
      rolloutSeconds: metrics['time/rollout'],
      referenceSeconds: metrics['time/reference'],
      updateSeconds: metrics['time/update'],
    }),
  );
}
await trainer.release();

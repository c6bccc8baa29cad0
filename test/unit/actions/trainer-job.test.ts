import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateCheckpoint, evaluationResult } from '../../../src/actions/evaluate.js';
import { pretrainPolicy } from '../../../src/actions/pretrain.js';
import { JobError, parseProgress, parseResult } from '../../../src/actions/trainer-job.js';
import { scratch } from '../../scratch.js';
import { benchmarkRecord } from '../runs/records.js';
import { checkpointOf, existingRun, hostIn, machine, newRunIn, RecordingUi } from './faces.js';

const record = benchmarkRecord(25, 0.5);

/** A trainer that writes pieces one after the other, then does something. */
const trainerOf = (stderr: string[], stdout: string[], then = '') => `
const write = (stream, pieces) => pieces.reduce(
  (before, piece) => before.then(() => new Promise((next) => { stream.write(piece); setTimeout(next, 20); })),
  Promise.resolve(),
);
write(process.stderr, ${JSON.stringify(stderr)})
  .then(() => write(process.stdout, ${JSON.stringify(stdout)}))
  .then(() => { ${then} });
`;

const evaluation = (folder: string) => ({ folder, benchmark: { name: 'countdown-test' } });
const title = 'progress Evaluating step 3 on countdown-test';

async function evaluate(trainer: string, ui: RecordingUi, torch: object = {}) {
  const folder = scratch();
  const host = hostIn(folder, machine(2), trainer);
  const run = await existingRun(newRunIn(folder), torch);
  return evaluateCheckpoint(evaluation(checkpointOf(run, 3)), host, ui);
}

describe('the lines of a job', () => {
  it('are progress or other messages', () => {
    expect(parseProgress('{"done":1,"total":8}')).toEqual({ message: '1/8 problems', share: 0.125 });
    expect(parseProgress('{"step":1,"total":8,"loss":1.25}')).toEqual({
      message: '1/8  loss 1.2500',
      share: 0.125,
    });
    expect(parseProgress('{"step":1,"total":8,"loss":null}')).toEqual({ message: '1/8', share: 0.125 });
    for (const line of ['', 'loading', '{"done":1}', '{"done":1,"total":0}', 'null', '7', '[1]']) {
      expect(parseProgress(line), line).toBeNull();
    }
  });

  it('end with scores or the reason why there are none', () => {
    expect(parseResult(JSON.stringify(record), evaluationResult)).toEqual({ result: record });
    expect(parseResult('{"error":"No weights.","hint":"Look."}', evaluationResult)).toEqual(
      new JobError('No weights.', 'Look.'),
    );
    expect(parseResult('{"error":"No weights."}', evaluationResult)).toMatchObject({
      message: 'No weights.',
      hint: '',
    });
    for (const line of ['', 'x', 'null', '{}', '{"benchmark":"b","pass_at_1":"1"}']) {
      expect(parseResult(line, evaluationResult), line).toBeNull();
    }
  });
});

describe('an evaluation', () => {
  it('is followed by whole lines, wherever pieces end, and ends with its record', async () => {
    const ui = new RecordingUi();
    const stderr = ['{"done":1,', '"total":8}\n\ndownloading some, 10 %\nA warn', 'ing.\n{"do'];
    const result = await evaluate(trainerOf(stderr, [`${JSON.stringify(record)}\n`, 'noise\n']), ui);
    expect(result).toEqual(record);
    expect(ui.events).toEqual([
      title,
      'progress 1/8 problems 0.125',
      'progress downloading some, 10 %',
      'log A warning.',
      'log {"do',
    ]);
  });

  it('that fails does so with its own reason and hint', async () => {
    const trainer = trainerOf([], ['{"error":"No weights.","hint":"Look."}'], 'process.exitCode = 1');
    await expect(evaluate(trainer, new RecordingUi())).rejects.toMatchObject({
      name: 'JobError',
      message: 'No weights.',
      hint: 'Look.',
    });
  });

  it('that dies without a word is explained by its last messages', async () => {
    const trainer = trainerOf(['one\ntwo\nthree\nfour\nfive\n'], [], 'process.exitCode = 7');
    await expect(evaluate(trainer, new RecordingUi())).rejects.toMatchObject({
      message: 'The engine exited with code 7 without a result.',
      hint: 'Its last messages: two three four five',
    });
  });

  it('is cancelled by SIGINT, which is no failure', async () => {
    const trainer = trainerOf(['{"done":1,"total":2}\n'], [], 'setInterval(() => {}, 1000)').replace(
      'const write',
      'process.on("SIGINT", () => process.exit(130));\nconst write',
    );
    const ui = new RecordingUi({}, '1/2 problems 0.5');
    expect(await evaluate(trainer, ui)).toBeNull();
  });

  it('of a checkpoint of many GPUs and machines needs one process, and is told where torch is', async () => {
    const asked = join(scratch(), 'request.json');
    const trainer = `require('fs').writeFileSync(${JSON.stringify(asked)}, process.argv[3]);
      console.log(${JSON.stringify(JSON.stringify(record))})`;
    const torch = { engine: 'torch', torch: { nodes: 4, processes: 8 } };
    await evaluate(trainer, new RecordingUi(), torch);
    expect(JSON.parse(readFileSync(asked, 'utf8'))).toMatchObject({
      benchmark: { name: 'countdown-test' },
      torch: { python: '/opt/python', packageFolder: 'src/torch' },
    });
    await evaluate(trainer, new RecordingUi());
    expect(JSON.parse(readFileSync(asked, 'utf8'))).not.toHaveProperty('torch');
  });

  it('says what is missing', async () => {
    const folder = scratch();
    const host = hostIn(folder, machine(0));
    const ui = new RecordingUi();
    await expect(evaluateCheckpoint(evaluation(join(folder, 'none')), host, ui)).rejects.toThrow(
      `There is no folder ${join(folder, 'none')}.`,
    );
    rmSync(host.trainerPath);
    await expect(evaluateCheckpoint(evaluation(folder), host, ui)).rejects.toThrow('The trainer is missing');
    expect(ui.events).toEqual([]);
  });
});

it('a pretraining shows steps and losses', async () => {
  const ui = new RecordingUi();
  const result = { directory: '/policy', steps: 2, loss: 1.5, benchmark: null };
  const trainer = trainerOf(['{"step":1,"total":2,"loss":1.5}\n'], [JSON.stringify(result)]);
  const host = hostIn(scratch(), machine(0), trainer);
  expect(await pretrainPolicy({ config: null, output: '/policy', set: {} }, host, ui)).toEqual(result);
  expect(ui.events).toEqual(['progress Pretraining', 'progress 1/2  loss 1.5000 0.5']);
});

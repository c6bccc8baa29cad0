/** What the torch engine makes of Python's words and of its end; Python is a script here. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { evaluationRequestSchema } from '../../../../src/engines/contract/requests.js';
import { TorchEngine } from '../../../../src/engines/torch/run/torch-engine.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { createRun } from '../../../../src/runs/control/launch.js';
import { readManifest } from '../../../../src/runs/protocol/json.js';
import { RunWriter } from '../../../../src/runs/write/writer.js';
import { scratch } from '../../../scratch.js';
import { benchmarkRecord } from '../../runs/records.js';

let root: string;
let directory: string;

beforeAll(async () => {
  root = scratch('engine');
  const experiment = experimentSchema.parse({
    engine: 'torch',
    policy: 'Qwen/Qwen3-0.6B',
    torch: { cpu: true },
  });
  ({ directory } = await createRun({
    experiment,
    experimentFile: null,
    runsDirectory: root,
    mediaDirectory: 'media',
    version: '0.0.0',
  }));
  mkdirSync(join(directory, 'checkpoints', 'step-000002'));
});

let scripts = 0;
function engineOf(script: string): TorchEngine {
  const python = join(root, `python-${scripts++}`);
  writeFileSync(python, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return new TorchEngine({ python, packageFolder: resolve('src/torch') });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((finish) => setTimeout(finish, 10));
}

test('without a place there is no engine', () => {
  expect(() => new TorchEngine(undefined)).toThrow('There is no Python for the torch engine.');
  expect(() => new TorchEngine({ python: '/bin/sh', packageFolder: join(root, 'none') })).toThrow(
    'no Python',
  );
});

describe('an evaluation', () => {
  const hooks = { onProgress: () => {}, log: () => {} };
  const evaluate = (engine: TorchEngine) =>
    engine.evaluate(
      evaluationRequestSchema.parse({ folder: join(directory, 'checkpoints', 'step-000002') }),
      directory,
      hooks,
    );

  test('ends with the record that Python prints last', async () => {
    const record = benchmarkRecord(2, 0.5);
    const engine = engineOf(`echo loading\necho '${JSON.stringify(record)}'`);
    expect(await evaluate(engine)).toEqual(record);
  });

  test.each([
    [`echo '{"error":"No memory.","hint":"Ask for less."}'\nexit 1`, 'No memory.', 'Ask for less.'],
    ['exit 3', 'Python ended with code 3 and gave no scores.', 'See its messages.'],
    ['kill -SEGV $$', 'Python was ended by SIGSEGV and gave no scores.', 'See its messages.'],
  ])('fails with what is known: %s', async (script, message, hint) => {
    await expect(evaluate(engineOf(script))).rejects.toMatchObject({ message, hint });
  });

  const waiting = (trap: string, sign: string) =>
    `trap '${trap}' INT\n: > ${sign}\nwhile :; do sleep 0.05; done`;

  test('is given up when asked to stop', async () => {
    const sign = join(root, 'waits');
    const engine = engineOf(waiting('exit 130', sign));
    const ended = evaluate(engine);
    await until(() => existsSync(sign));
    engine.stop('checkpoint');
    expect(await ended).toBeNull();
  });

  test('of a Python that does not listen ends at once when asked to', async () => {
    const sign = join(root, 'is deaf').replaceAll(' ', '-');
    const engine = engineOf(waiting('', sign));
    const ended = evaluate(engine);
    await until(() => existsSync(sign));
    engine.stop('checkpoint');
    engine.stop('now');
    expect(await ended).toBeNull();
  });
});

describe('a run', () => {
  const train = async (engine: TorchEngine, handOver = () => {}) =>
    engine.run(
      { directory, manifest: await readManifest(directory) },
      { onProgress: () => {}, log: () => {}, handOver },
    );

  test('that was asked to stop before Python starts does not start it', async () => {
    const engine = engineOf('exit 1');
    engine.stop('checkpoint');
    expect(await train(engine, () => expect.unreachable())).toBe('stopped');
  });

  test('passes a request on to Python, which has the last word', async () => {
    const status = JSON.stringify({
      state: 'stopped',
      pid: 1,
      processStart: '',
      heartbeat: '',
      step: 0,
    });
    const engine = engineOf(
      `while ! grep -sq '"now"' ${directory}/control/stop; do sleep 0.05; done\necho '${status}' > ${directory}/status.json`,
    );
    let handedOver = false;
    const ended = train(engine, () => {
      handedOver = true;
    });
    await until(() => handedOver);
    engine.stop('checkpoint');
    expect(new RunWriter(directory).readStopRequest()).toEqual({ mode: 'checkpoint' });
    engine.stop('now');
    expect(await ended).toBe('stopped');
    rmSync(join(directory, 'status.json'));
  });

  test('whose Python leaves no last word fails with what is seen from outside', async () => {
    await expect(train(engineOf('kill -KILL $$'))).rejects.toMatchObject({
      message: 'The training process was killed.',
    });
  });
});
